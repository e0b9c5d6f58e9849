// How the operator's command is asked: who opens a port for it, what becomes of each way to end,
// and that each question has one answer at most.
import { expect, test } from "bun:test";
import type { Event } from "../../../src/core/events.ts";
import type { State } from "../../../src/core/state.ts";
import type { ToWorker } from "../../../src/ipc/messages.ts";
import type { LogEntry } from "../../../src/log/format.ts";
import type { Plan } from "../../../src/master/plan/plan.ts";
import { Verification } from "../../../src/master/rollout/verification.ts";
import type { Command, CommandCallbacks, Surroundings } from "../../../src/master/surroundings.ts";

const READY = { name: "ready" };

/** Workers of generations 1 and 2, those in the later slots first. */
const WORKERS = [
  { id: 5, generation: 2, slot: 1, phase: READY },
  { id: 4, generation: 2, slot: 0, phase: { name: "draining" } },
  { id: 3, generation: 1, slot: 1, phase: READY },
  { id: 2, generation: 1, slot: 0, phase: READY },
];

/** @param refusal why no command can be started; left out: one can */
function verification(refusal?: string) {
  const sent: (ToWorker & { readonly to: number })[] = [];
  const events: Event[] = [];
  const logged: LogEntry[] = [];
  const started: (Command & CommandCallbacks)[] = [];
  let killed = 0;
  const state = { workers: new Map(WORKERS.map((worker) => [worker.id, worker])) };
  const verify = { file: "/app/smoke.sh", args: ["a"] };
  const plan = { config: { rollout: { verify } } } as unknown as Plan;
  const startCommand: Surroundings["startCommand"] = (command, callbacks) => {
    if (refusal !== undefined) throw Object.assign(new Error(refusal), { code: "EMFILE" });
    started.push({ ...command, ...callbacks });
    return { kill: () => void (killed += 1) };
  };
  const it = new Verification({
    surroundings: {
      startCommand,
      clock: { date: () => new Date(0) } as Surroundings["clock"],
      process: { pid: 77 } as Surroundings["process"],
    },
    plans: { of: () => plan },
    state: () => state as unknown as State,
    send: (to, message) => sent.push({ ...message, to }),
    dispatch: (event) => events.push(event),
    log: async (entries) => void logged.push(...entries),
  });
  return { it, sent, events, logged, started, killed: () => killed };
}

const piece = (text: string) => ({ text, continues: false });
const verified = (problem?: string, lost?: number): Event[] => [
  { type: "verified", generation: 1, stage: "ready", problem, ...(lost && { lost }) },
];

test("the worker of the first slot that is ready opens the port, and the command gets it", () => {
  const { it, sent, started, events, killed } = verification();
  it.begin({ generation: 1, stage: "ready" });
  expect(sent).toEqual([{ type: "open-unlisted", id: 1, to: 2 }]);
  expect(started).toEqual([]);
  it.noteOpened(1, 1234, undefined);
  expect(started).toMatchObject([
    {
      file: "/app/smoke.sh",
      args: ["a"],
      generation: 1,
      variables: {
        POUNCE_GENERATION: "1",
        POUNCE_URL: "http://127.0.0.1:1234",
        POUNCE_STAGE: "ready",
        POUNCE_VERIFY: "77",
      },
    },
  ]);
  started[0]?.onExit("exit code 0");
  expect(events).toEqual(verified());
  expect(sent.slice(1)).toEqual([{ type: "close-unlisted", id: 1, to: 2 }]);
  // What it has left in its group is killed by whoever runs it.
  expect(killed()).toBe(1);
  started[0]?.onExit("exit code 0");
  it.noteExit(2);
  expect(events).toHaveLength(1);
});

test("a slot whose worker is not ready is passed over; with none left nobody is asked", () => {
  const { it, sent } = verification();
  it.begin({ generation: 2, stage: "canary" });
  expect(sent).toMatchObject([{ to: 5 }]);
  expect(() => it.begin({ generation: 3, stage: "ready" })).toThrow("generation 3 is ready");
});

test("its lines are logged, and the last one is part of a no", async () => {
  const { it, started, events, logged } = verification();
  it.begin({ generation: 1, stage: "ready" });
  it.noteOpened(1, 1234, undefined);
  await started[0]?.onOutput([piece("one\r"), piece("two"), piece("  ")]);
  expect(logged).toMatchObject([
    { event: "verify-output", message: "one", inText: "Verification (generation 1): one" },
    { message: "two", fields: { generation: 1, stage: "ready" } },
    { message: "  " },
  ]);
  started[0]?.onExit("exit code 3");
  expect(events).toEqual(verified("exit code 3: two"));
});

test("only the beginning of what it prints is logged, and how much is not; all counts as the last line", async () => {
  const { it, started, events, logged } = verification();
  it.begin({ generation: 1, stage: "ready" });
  it.noteOpened(1, 1234, undefined);
  for (let chunk = 0; chunk < 3; chunk++) {
    await started[0]?.onOutput(Array.from({ length: 150 }, () => piece("yé")));
  }
  await started[0]?.onOutput([piece("the end")]);
  expect(logged).toHaveLength(200);
  started[0]?.onExit("exit code 3");
  expect(events).toEqual(verified("exit code 3: the end"));
  const message = "... and 251 more line(s), 757 bytes, which are not logged";
  expect(logged.slice(200)).toMatchObject([{ event: "verify-output", message }]);
});

test("nor is more than 64 KiB logged", async () => {
  const { it, started, logged } = verification();
  it.begin({ generation: 1, stage: "ready" });
  it.noteOpened(1, 1234, undefined);
  const long = (length: number) => piece("x".repeat(length));
  await started[0]?.onOutput([long(65_000), long(537), piece("short")]);
  it.end();
  expect(logged.map(({ message }) => message.length)).toEqual([65_000, expect.any(Number)]);
  expect(logged[1]?.message).toContain("2 more line(s), 542 bytes");
});

test.each<[string, (it: Verification, started: readonly CommandCallbacks[]) => void, string]>([
  ["no port", (it) => it.noteOpened(1, undefined, "EMFILE"), "has no address for it: EMFILE"],
  ["the end of its worker before", (it) => it.noteExit(2), "worker 2, which answered"],
  [
    "the end of its worker after that",
    (it) => {
      it.noteOpened(1, 1234, undefined);
      it.noteExit(2);
    },
    "worker 2, which answered",
  ],
  [
    "a signal",
    (it, started) => {
      it.noteOpened(1, 1234, undefined);
      started[0]?.onExit("signal SIGSEGV");
    },
    "signal SIGSEGV",
  ],
])("%s is a no, once", (_, happen, problem) => {
  const { it, started, events } = verification();
  it.begin({ generation: 1, stage: "ready" });
  it.noteExit(3);
  happen(it, started);
  it.noteExit(2);
  const lost = problem.startsWith("worker 2") ? 2 : undefined;
  expect(events).toEqual(verified(expect.stringContaining(problem), lost));
});

test("a command that cannot be started is a no, which says why", () => {
  const { it, events, sent } = verification("too many open files");
  it.begin({ generation: 1, stage: "ready" });
  it.noteOpened(1, 1234, undefined);
  expect(events).toEqual(verified(expect.stringContaining("too many open files")));
  expect(sent.at(-1)).toMatchObject({ type: "close-unlisted" });
});

test("once nobody waits, it is killed, and what it says then is no answer", () => {
  const { it, started, events, killed, sent } = verification();
  it.begin({ generation: 1, stage: "ready" });
  it.noteOpened(1, 1234, undefined);
  it.end();
  it.end();
  expect(killed()).toBe(1);
  started[0]?.onExit("signal SIGKILL");
  expect(events).toEqual([]);
  expect(sent.map(({ type }) => type)).toEqual(["open-unlisted", "close-unlisted"]);
  // The port of an earlier question comes too late.
  it.begin({ generation: 2, stage: "ready" });
  it.noteOpened(1, 1234, undefined);
  expect(started).toHaveLength(1);
});
