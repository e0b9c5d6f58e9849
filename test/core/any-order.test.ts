// Whatever comes, in whatever order, at whatever time: no step throws, and the state stays sound.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { nextDeadline } from "../../src/core/rules/deadlines.ts";
import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";
import { notices, NOTHING_NOTIFIED, remainingMs } from "../../src/core/notices.ts";
import { PROTOCOLS } from "../../src/core/handover-protocol.ts";
import { hasHandedOver, hasServer, isAlive } from "../../src/core/predicates.ts";
import { type AcceptGroup, initialState, type State } from "../../src/core/state.ts";
import { step } from "../../src/core/step.ts";
import { ADDRESS, loaded, OTHER_ADDRESS, SETTINGS, UNWATCHED, VERSION } from "./scenario.ts";

const worker = fc.integer({ min: 0, max: 9 });
const address = fc.constantFrom(ADDRESS, OTHER_ADDRESS);
const by = fc.constant("somebody");
const command = fc.nat();
const unfinished = { connections: 1, inFlight: 0, oldest: undefined };
const settings = fc
  .record({
    workers: fc.integer({ min: 1, max: 3 }),
    shutdownDelayMs: fc.constantFrom(0, 1000),
    maxDraining: fc.integer({ min: 1, max: 3 }),
    hangTimeoutMs: fc.constantFrom(0, 30_000),
    recycle: fc.constant({
      maxRequests: 5,
      maxRequestsJitter: 0,
      maxRssBytes: 0,
      maxLifetimeMs: 0,
    }),
  })
  .map((some) => Object.assign(some, { ...SETTINGS, ...some }));

const isArbitrary = (value: unknown): value is fc.Arbitrary<unknown> =>
  typeof value === "object" && value !== null && "generate" in value;

/** @param rest values, or arbitraries of them */
const of = (
  type: Event["type"] | Effect["type"],
  rest: Record<string, unknown> = {},
): fc.Arbitrary<Event> => {
  const fields = Object.entries({ type, ...rest }).map(([name, value]) => [
    name,
    isArbitrary(value) ? value : fc.constant(value),
  ]);
  return fc.record(Object.fromEntries(fields)) as unknown as fc.Arbitrary<Event>;
};

const number = fc.integer({ min: 0, max: 5 });

const fromWorkers: readonly fc.Arbitrary<Event>[] = [
  of("worker-started", { worker, version: fc.constantFrom(VERSION, "9"), executable: "/pounce" }),
  of("worker-loaded", { worker }),
  of("worker-loaded", { worker }),
  of("worker-bound", { worker, addresses: fc.uniqueArray(address, { maxLength: 2 }) }),
  of("worker-ready", { worker }),
  of("worker-ready", { worker }),
  of("worker-failed", { worker, reason: "it says so" }),
  of("worker-uncaught", { worker, error: "thrown" }),
  of("worker-full", { worker, isFull: fc.boolean() }),
  of("worker-stalled", { worker, forMs: fc.constantFrom(400, 40_000), doing: undefined }),
  of("worker-got-on", { worker }),
  of("workers-measured", {
    workers: fc.array(
      fc.record({
        worker,
        requests: fc.constantFrom(1, 10),
        rssBytes: fc.constant(0),
        ageMs: fc.constant(0),
        luck: fc.constant(0),
      }),
      { maxLength: 3 },
    ),
  }),
  of("worker-idle", { worker }),
  of("listener-released", { worker, address }),
  of("worker-forced", { worker, unfinished }),
  of("worker-exited", { worker, how: "exit code 1" }),
];

const effects = [
  of("steer", { address, program: undefined }),
  of("close-listener", { worker, address, during: undefined, after: undefined }),
  of("load-config", { generation: number, held: [] }),
  of("spawn", { worker, generation: 0, slot: 0 }),
  of("bind", { worker }),
  of("start-successor"),
  of("offer"),
  of("quiet-listener", { worker, address }),
  of("divert", { address, listeners: 1 }),
  of("drain", { worker, reason: "reload", timeoutMs: 1, closeIdle: false }),
];

const others: readonly fc.Arbitrary<Event>[] = [
  of("tick"),
  of("reload-requested", { by, id: command, until: fc.constantFrom("steered", "ended") }),
  of("stop-requested", {
    mode: fc.constantFrom("graceful", "impatient", "now"),
    signal: by,
    id: command,
  }),
  of("terminal-closed"),
  of("scale-requested", { to: fc.constantFrom("one-more", "one-fewer", 0, 1, 4), by, id: command }),
  of("drain-requested", { forMs: fc.constantFrom(1, 2000), id: command }),
  of("quiet-refused", { worker, address }),
  of("divert-refused", { address }),
  of("handover-requested", { by, supervision: UNWATCHED }),
  of("successor-started", { pid: 77 }),
  of("successor-not-started", { reason: "there is no such file" }),
  of("successor-said-hello", { protocols: fc.constantFrom(PROTOCOLS, [0]) }),
  of("successor-spawned", { number: worker }),
  of("successor-claimed"),
  of("successor-failed", { reason: "it says so" }),
  of("successor-exited", { how: "exit code 1" }),
  of("successor-gone"),
  of("relay-ended"),
  of("takeover-granted", {
    reload: undefined,
    ended: fc.array(worker, { maxLength: 2 }),
    full: fc.array(worker, { maxLength: 2 }),
  }),
  of("predecessor-ended", {
    pid: 76,
    workers: fc.array(worker, { maxLength: 2 }),
    ended: fc.array(worker, { maxLength: 1 }),
  }),
  of("config-loaded", { generation: number, settings, warnings: [] }),
  of("config-rejected", { generation: number, reason: "it is not valid" }),
  of("steering-refused", { reason: "EPERM" }),
  of("steering-works"),
  of("effect-failed", { effect: fc.oneof(...effects), reason: "it was refused" }),
];

/** What the core asks for is done at times, so that states come that a server comes to. */
const obeys = fc.record({
  kind: fc.constant("obey" as const),
  which: fc.nat({ max: 50 }),
});
const happening = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(...fromWorkers) },
  { weight: 1, arbitrary: fc.oneof(...others) },
  { weight: 6, arbitrary: obeys },
);

/** What a worker or the shell answers to the effect number `which` of those that were asked for. */
function answer(state: State, which: number): Event {
  const all = [...state.workers.values()].filter(isAlive);
  const one = all[which % Math.max(all.length, 1)];
  if (state.rollout.name === "configuring") return loaded(state.rollout.generation, SETTINGS);
  if (one === undefined) return { type: "tick" };
  const { id, phase } = one;
  switch (phase.name) {
    case "spawning":
    case "loading":
      return { type: "worker-loaded", worker: id };
    case "binding":
      return state.bindLock?.worker === id
        ? { type: "worker-bound", worker: id, addresses: [ADDRESS] }
        : { type: "worker-ready", worker: id };
    case "draining":
      return { type: "worker-idle", worker: id };
    case "stopping":
    case "orphaned":
      return { type: "worker-exited", worker: id, how: "exit code 0" };
    default:
      return { type: "tick" };
  }
}

/** A program names places of the array, and never a full worker beside one that has room. */
function checkProgram(state: State, { members, program }: AcceptGroup): void {
  if (!Array.isArray(program) || state.exited || hasHandedOver(state) || !hasServer(state)) return;
  expect(program.length).toBeGreaterThan(0);
  const named = program.map((index) => members[index]);
  expect(named).not.toContain(undefined);
  const full = named.map((id) => state.workers.get(id ?? -1)?.isFull === true);
  if (new Set(full).size > 1) throw new Error(`of [${named}] some are full, and others are not`);
}

function checkSound(state: State): void {
  for (const [name, group] of state.groups) {
    const { members } = group;
    checkProgram(state, group);
    for (const member of members) {
      // A worker that has drained may leave a listener behind.
      const wasKnown = member < state.nextWorker;
      if (!wasKnown) throw new Error(`${name} has worker ${member}: unknown`);
    }
    expect(new Set(members).size).toBe(members.length);
  }
  const { bindLock, serving } = state;
  if (bindLock !== undefined) expect(state.workers.has(bindLock.worker)).toBe(true);
  if (serving !== undefined) expect(state.generations.has(serving)).toBe(true);
  for (const { generation } of state.workers.values()) {
    expect(state.generations.has(generation)).toBe(true);
  }
}

for (const sharing of ["kernel", "solo"] as const) {
  test(`no step throws, whatever comes, with sharing ${sharing}`, () => {
    const moments = fc.array(fc.tuple(happening, fc.constantFrom(0, 0, 1, 1500, 40_000)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(moments, (all) => {
        let nowMs = 0;
        let state = step(initialState(SETTINGS, VERSION, sharing), { type: "tick" }, 0).state;
        let notified = NOTHING_NOTIFIED;
        for (const [what, laterMs] of all) {
          nowMs += laterMs;
          const event = "kind" in what ? answer(state, what.which) : what;
          ({ state } = step(state, event, nowMs));
          nextDeadline(state);
          remainingMs(state, nowMs);
          ({ notified } = notices(notified, state, 0n));
          checkSound(state);
        }
      }),
      { numRuns: 3000 },
    );
  });
}
