// For how long a worker has made no progress, as it is seen by looking.
import { expect, test } from "bun:test";
import { LOOK_MS, Progress } from "../../../src/master/workers/progress.ts";

/** How far the worker has got, how much later that is, and whether it has had a processor. */
type Look = readonly [far: number, afterMs: number, waited?: boolean];

function looks(...given: readonly Look[]): number[] {
  let nowMs = 1000;
  const progress = new Progress(0, nowMs);
  return given.map(([far, afterMs, waited = false]) => {
    const beforeMs = nowMs;
    nowMs += afterMs;
    return progress.look(far, nowMs, beforeMs, () => waited);
  });
}

const still = (times: number, far = 0): Look[] =>
  Array.from({ length: times }, () => [far, LOOK_MS]);

test("one that gets on between any two looks has not stalled", () => {
  const steps = Array.from({ length: 20 }, (_, step): Look => [step + 1, LOOK_MS]);
  expect(new Set(looks(...steps))).toEqual(new Set([0]));
});

test("one that misses a look, as its timer is late, has not stalled", () => {
  const steps = Array.from({ length: 20 }, (_, step): Look => [step >> 1, LOOK_MS]);
  expect(new Set(looks(...steps))).toEqual(new Set([0]));
});

test("one that gets on between two looks has not stalled, however late the second one is", () => {
  for (const lateMs of [200, 350, 449, 451, 5000]) {
    expect(looks([1, LOOK_MS], [2, lateMs], [2, LOOK_MS])).toEqual([0, 0, 0]);
  }
});

test("one that stands still has stalled at the third look, 450 ms after it last got on", () => {
  expect(looks([1, LOOK_MS], ...still(3, 1))).toEqual([0, 0, 450, 600]);
});

test("it has not any more once it gets on, by however little", () => {
  expect(looks(...still(4), [0.001, LOOK_MS], [0.001, LOOK_MS])).toEqual([0, 0, 450, 600, 0, 0]);
});

test("what happens while the master is away is not counted", () => {
  const HOUR_MS = 3_600_000;
  expect(looks([1, LOOK_MS], [1, HOUR_MS], [2, LOOK_MS])).toEqual([0, 0, 0]);
  expect(looks(...still(4), [0, HOUR_MS], [0, LOOK_MS])).toEqual([0, 0, 450, 600, 600, 750]);
  expect(looks(...still(4), [1, HOUR_MS], [1, LOOK_MS])).toEqual([0, 0, 450, 600, 0, 0]);
});

test("time in which it waits for a processor is not counted", () => {
  const waits = Array.from({ length: 100 }, (): Look => [0, LOOK_MS, true]);
  expect(new Set(looks(...waits))).toEqual(new Set([0]));
  expect(looks([0, LOOK_MS], ...waits.slice(0, 3), ...still(3))).toEqual([0, 0, 0, 0, 0, 450, 600]);
});
