// How a proof writes numbers and times.
import { expect, test } from "bun:test";
import { counted, median, shortTime } from "../../src/prove/words.ts";

test.each([
  [0, "0.0ms"],
  [0.44, "0.4ms"],
  [9.94, "9.9ms"],
  [9.96, "10ms"],
  [999.4, "999ms"],
  [999.6, "1.0s"],
  [61_000, "61.0s"],
  [Number.NaN, "-"],
  [undefined, "-"],
])("%p ms are written as %s", (ms, text) => {
  expect(shortTime(ms)).toBe(text);
});

test("a number is counted in thousands, with its noun in singular or plural", () => {
  expect([counted(12_345), counted(1, "reload"), counted(0, "reload")]).toEqual([
    "12,345",
    "1 reload",
    "0 reloads",
  ]);
});

test("the median of an even number is between the two in the middle", () => {
  expect([median([]), median([3]), median([9, 1]), median([5, 1, 2])]).toEqual([
    undefined,
    3,
    5,
    2,
  ]);
});
