// When a busy time is over, second by second.
import { expect, test } from "bun:test";
import { BusyTime } from "../../../src/worker/drain/busy-time.ts";

/** The seconds, counted from one, after which a busy time was over. */
function endings(requests: readonly number[]): number[] {
  const busyTime = new BusyTime();
  return requests.flatMap((count, index) => (busyTime.isOverAfter(count) ? [index + 1] : []));
}

const quiet = (seconds: number): number[] => Array<number>(seconds).fill(0);

test.each([
  ["a worker that never was busy has nothing to give back", quiet(60), []],
  ["few requests are no busy time", Array<number>(60).fill(49), []],
  ["a busy time is over after six seconds with few requests", [50, ...quiet(10)], [7]],
  ["a trickle does not prolong it", [900, ...Array<number>(10).fill(3)], [7]],
  ["a new load begins it anew", [50, ...quiet(5), 50, ...quiet(10)], [13]],
  ["each has its end", [50, ...quiet(6), 50, ...quiet(6)], [7, 14]],
])("%s", (_, requests, expected) => {
  expect(endings(requests)).toEqual(expected);
});
