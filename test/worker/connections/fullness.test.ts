// When a worker is full, and when it has room again.
import { expect, test } from "bun:test";
import { type Fullness, fullnessAt, refuses } from "../../../src/worker/connections/fullness.ts";

const SINCE: Fullness = { sinceMs: 1000 };

test.each<[string, Fullness, count: number, most: number, isFull: boolean]>([
  ["one below the limit", undefined, 99, 100, false],
  ["at the limit", undefined, 100, 100, true],
  ["above it, after a burst", undefined, 130, 100, true],
  ["one has gone", SINCE, 99, 100, true],
  ["a fiftieth has gone", SINCE, 98, 100, false],
  ["one of a few has gone", SINCE, 4, 5, false],
  ["the only one has gone", SINCE, 0, 1, false],
])("%s", (_, before, count, most, isFull) => {
  expect(fullnessAt(before, count, most, 2000) !== undefined).toBe(isFull);
});

test("it is full since it became so, and refuses once others had time to take over", () => {
  expect(fullnessAt(SINCE, 100, 100, 2000)).toBe(SINCE);
  expect([1000, 1049, 1050].map((nowMs) => refuses(SINCE, nowMs))).toEqual([false, false, true]);
  expect(refuses(undefined, 5000)).toBe(false);
});
