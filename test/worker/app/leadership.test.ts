// A worker that is the leader: until when it says so, what its app is told, and what its master is.
import { expect, test } from "bun:test";
import { machineMs } from "../../../src/os/clock.ts";
import { Leadership, RESIGN_MS } from "../../../src/worker/app/leadership.ts";
import { until } from "../../helpers/until.ts";

interface Stage {
  readonly leadership: Leadership;
  /** What the master was told. */
  readonly told: string[];
  readonly signals: AbortSignal[];
  /** What the app does as the leader, until its signal is aborted. */
  readonly run: (signal: AbortSignal) => unknown;
  isMasterThere: boolean;
}

function stage(work: () => unknown = () => undefined): Stage {
  const told: string[] = [];
  const signals: AbortSignal[] = [];
  const master = {
    isThere: () => made.isMasterThere,
    tell: (type: string) => void told.push(type),
  };
  const run = (signal: AbortSignal): unknown => {
    signals.push(signal);
    return work();
  };
  const made = { leadership: new Leadership(master), told, signals, run, isMasterThere: true };
  return made;
}

const turn = (): Promise<void> => Bun.sleep(1);

test("it leads as soon as the app is called, until it is told to resign", async () => {
  const { leadership, told, signals, run } = stage(() => (seen = leadership.isLeader));
  let seen = false;
  expect(leadership.isLeader).toBe(false);
  leadership.lead(machineMs() + 10_000, run);
  expect([seen, leadership.isLeader, signals[0]?.aborted]).toEqual([true, true, false]);
  leadership.resign();
  expect([leadership.isLeader, signals[0]?.aborted]).toEqual([false, true]);
  expect(signals[0]?.reason).toMatchObject({ name: "AbortError" });
  await turn();
  expect(told).toEqual(["resigned"]);
});

test("it asks for more time, and goes on when it gets it", async () => {
  const { leadership, told, signals, run } = stage();
  leadership.lead(machineMs() + 800, run);
  await until("it asks", () => told.includes("lease-wanted"));
  leadership.renew(machineMs() + 800);
  const before = told.length;
  await until("it asks again", () => told.length > before);
  expect([leadership.isLeader, signals.length, signals[0]?.aborted]).toEqual([true, 1, false]);
  leadership.resign();
});

test("without more time it resigns by itself, and a lease that comes too late means nothing", async () => {
  const { leadership, told, signals, run } = stage();
  leadership.lead(machineMs() + 30, run);
  await until("the signal", () => signals[0]?.aborted === true);
  leadership.renew(machineMs() + 10_000);
  expect(leadership.isLeader).toBe(false);
  await turn();
  expect(told).toEqual(["resigned"]);
});

test("while its loop is blocked it knows that its time is over", () => {
  const { leadership, signals, run } = stage();
  const untilMs = machineMs() + 20;
  leadership.lead(untilMs, run);
  while (machineMs() < untilMs);
  expect([leadership.isLeader, signals[0]?.aborted]).toEqual([false, false]);
  // What comes next is of the time before.
  leadership.renew(machineMs() + 10_000);
  expect(leadership.isLeader).toBe(false);
});

test("without a master it is no leader", () => {
  const it = stage();
  it.leadership.lead(machineMs() + 10_000, it.run);
  it.isMasterThere = false;
  expect(it.leadership.isLeader).toBe(false);
});

test("a master whose order came too late is told so, and the app is not called", () => {
  const { leadership, told, signals, run } = stage();
  leadership.lead(machineMs() - 1, run);
  expect([told, signals, leadership.isLeader]).toEqual([["resigned"], [], false]);
});

test("in a drain it resigns, and never leads again", async () => {
  const { leadership, told, signals, run } = stage();
  leadership.lead(machineMs() + 10_000, run);
  await leadership.leave();
  leadership.resign();
  expect([told, signals[0]?.aborted]).toEqual([["resigned"], true]);
  leadership.lead(machineMs() + 10_000, run);
  expect([told.length, signals.length, leadership.isLeader]).toEqual([2, 1, false]);
});

test("it has resigned when what the app does has ended, at the latest a second later", async () => {
  const job = Promise.withResolvers<void>();
  const ends = stage(() => job.promise);
  ends.leadership.lead(machineMs() + 10_000, ends.run);
  ends.leadership.resign();
  await turn();
  expect(ends.told).toEqual([]);
  job.resolve();
  await turn();
  expect(ends.told).toEqual(["resigned"]);

  const endless = stage(() => new Promise(() => undefined));
  endless.leadership.lead(machineMs() + 10_000, endless.run);
  const beganMs = performance.now();
  await endless.leadership.leave();
  expect(performance.now() - beganMs).toBeGreaterThan(RESIGN_MS - 10);
  expect(endless.told).toEqual(["resigned"]);
});

test("it may lead again", async () => {
  const { leadership, told, signals, run } = stage();
  for (let time = 1; time <= 2; time++) {
    leadership.lead(machineMs() + 10_000, run);
    leadership.resign();
    await turn();
  }
  expect(told).toEqual(["resigned", "resigned"]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});
