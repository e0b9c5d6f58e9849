// What a reload does to many WebSockets that move to the new version: how long until all have
// moved, how long a client hears nothing, whether a message is lost, repeated or out of order, and
// what they cost afterwards, beside those that were opened there.
//
// bun scripts/websocket-carry.ts [--clients 10000] [--workers 2] [--each-ms 1000] [--turns] [--gc]
//   [EXECUTABLE]
//
// Half of the clients talk, each once in `--each-ms`; the others are idle, and are asked in the
// end. All run in this process. Load goes to 127.0.0.1. What others do with WebSockets at a reload
// is compared by websocket-compare.ts.
//
// With `--turns` the workers note how long the turns of their event loops are, in CPU time; with
// `--gc` also how much of that is garbage collection, which takes longer while it is noted. The
// figures of the clients mean less then.
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { endChildren } from "./bench/child.ts";
import { pssMb } from "./bench/proc.ts";
import type { Pounce } from "./bench/servers.ts";
import type { Client } from "./websockets/client.ts";
import { Crowd, openAll } from "./websockets/crowd.ts";
import { carriedIn } from "./websockets/pounce-log.ts";
import { startEchoes } from "./websockets/servers.ts";
import { describeTurns, readTurns, TURNS_IN, within } from "./websockets/turns.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: "string", default: "10000" },
    workers: { type: "string", default: "2" },
    "each-ms": { type: "string", default: "1000" },
    turns: { type: "boolean", default: false },
    gc: { type: "boolean", default: false },
  },
});
const COUNT = Number(values.clients);
const EACH_MS = Number(values["each-ms"]);
const SETTLE_MS = 2000;
/** For so long turns are noted of a server that nothing happens to. */
const CALM_MS = 5000;
/** After the last one has left: the other worker has yet to take it. */
const AFTERMATH_MS = 500;
const ECHO_MS = 1000;
const ECHO_ROUNDS = 5;
const ECHO_CLIENTS = 32;

/** How many echoes a second some clients get that send on as soon as they hear. */
async function echoes(clients: readonly Client[]): Promise<number> {
  let [count, isOver] = [0, false];
  for (const client of clients) {
    client.onEcho = () => {
      count++;
      if (!isOver) client.send();
    };
    client.send();
  }
  const beganMs = performance.now();
  await Bun.sleep(ECHO_MS);
  isOver = true;
  const perSecond = (1000 * count) / (performance.now() - beganMs);
  await Bun.sleep(50);
  for (const client of clients) client.onEcho = undefined;
  return perSecond;
}

async function compareEchoes(port: number, carried: readonly Client[]): Promise<void> {
  const fresh = await openAll(port, carried.length);
  const ratios: number[] = [];
  for (let round = 0; round < ECHO_ROUNDS; round++) {
    const first = round % 2 === 0 ? carried : fresh;
    const one = await echoes(first);
    const two = await echoes(first === carried ? fresh : carried);
    ratios.push(first === carried ? one / two : two / one);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  console.log(`echoes a second, carried to fresh: ${sorted.map((it) => it.toFixed(2)).join(" ")}`);
}

function memoryOf(server: Pounce): number {
  return server.workers().reduce((sum, pid) => sum + pssMb(pid), 0);
}

/** When a part of the measurement began and ended, by `Date.now`. */
type Time = readonly [fromMs: number, untilMs: number];

interface Times {
  readonly opening: Time;
  readonly before: Time;
  readonly carry: Time;
  readonly after: Time;
}

function reportTurns(folder: string, old: readonly number[], times: Times): void {
  for (const [pid, turns] of readTurns(folder)) {
    const isOld = old.includes(pid);
    const show = (name: string, [fromMs, untilMs]: Time): void =>
      console.log(`  ${name}: ${describeTurns(within(turns, fromMs, untilMs))}`);
    console.log(`turns of ${isOld ? "an old" : "a new"} worker, ms of CPU time`);
    if (isOld) {
      show("clients connect", times.opening);
      show("they talk", times.before);
    }
    show("they move", times.carry);
    if (!isOld) show("they talk", times.after);
  }
}

async function measure(server: Pounce, turnsIn: string): Promise<void> {
  const openingMs = Date.now();
  const crowd = await Crowd.open(server.port, COUNT, EACH_MS);
  const openedMs = Date.now();
  await Bun.sleep(SETTLE_MS);
  if (values.turns) await Bun.sleep(CALM_MS);
  const old = server.workers();
  const memoryBefore = memoryOf(server);
  crowd.watch();
  const [after, beganMs] = [server.master.output.length, Date.now()];
  await server.reload().complete;
  await Bun.sleep(EACH_MS + SETTLE_MS);
  if (values.turns) await Bun.sleep(CALM_MS);
  const endMs = Date.now();
  const carried = carriedIn(server.master.output.slice(after));
  const seen = await crowd.seen();
  const { counts, movedMs } = carried;
  console.log(`carried: ${counts.join(" + ")} of ${COUNT}, ${movedMs - beganMs} ms after SIGHUP`);
  console.log(`messages: ${seen.sent} sent, ${seen.lost} lost`);
  console.log(`repeated or out of order: ${seen.wrong}`);
  console.log(`closed: ${seen.ended}`);
  const { p50, p99, max } = seen.waitMs;
  const words = `median ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, most ${max.toFixed(0)} ms`;
  console.log(`longest wait for an echo: ${words}`);
  const [before, now] = [memoryBefore, memoryOf(server)].map((mb) => mb.toFixed(0));
  console.log(`memory of the workers: ${before} MB, then ${now} MB`);
  if (values.turns) {
    reportTurns(turnsIn, old, {
      opening: [openingMs, openedMs],
      before: [openedMs, beganMs],
      carry: [carried.beganMs, carried.movedMs + AFTERMATH_MS],
      after: [carried.movedMs + AFTERMATH_MS, endMs],
    });
  } else {
    await compareEchoes(server.port, crowd.talkers.slice(0, ECHO_CLIENTS));
  }
}

const dir = await realpath(await mkdtemp(join(tmpdir(), "websocket-carry-")));
const pounce = resolve(positionals[0] ?? "dist/pounce");
const turnsIn = join(dir, "turns");
const env = {
  ...(values.turns && { [TURNS_IN]: turnsIn }),
  ...(values.gc && { BUN_JSC_logGC: "1" }),
};
try {
  await mkdir(turnsIn);
  const workers = Number(values.workers);
  const workspace = { dir, pounce, before: undefined };
  const server = await startEchoes(workspace, { onReload: "carry", workers, env });
  try {
    await measure(server, turnsIn);
  } finally {
    await server.end();
    if (process.env["SHOW_LOG"] !== undefined) console.log(server.master.output);
  }
} finally {
  await endChildren();
  await rm(dir, { recursive: true });
}
process.exit(0);
