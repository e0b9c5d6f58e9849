// Medians and their intervals, and how long a run still takes.
import { describe, expect, test } from "bun:test";
import { formatSeconds, Progress, secondsLeft } from "../../scripts/bench/progress.ts";
import { estimate, estimateRatio, percentile } from "../../scripts/bench/statistics.ts";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("an estimate", () => {
  // The ranks of the interval for the median, as tables of the binomial distribution have them.
  test.each([
    [6, 3.5, 1, 6],
    [9, 5, 2, 8],
    [12, 6.5, 3, 10],
    [20, 10.5, 6, 15],
  ])("of %d values is their median and its interval by ranks", (count, median, low, high) => {
    expect(estimate(upTo(count).toReversed())).toEqual({ median, low, high });
  });

  test("of few values is their median and range, and says how few", () => {
    expect(estimate([1])).toEqual({ median: 1, low: 1, high: 1, few: 1 });
    expect(estimate(upTo(5))).toEqual({ median: 3, low: 1, high: 5, few: 5 });
  });

  test("of a ratio pairs what was measured together", () => {
    expect(estimateRatio([2, 40, 600], [1, 20, 300])).toMatchObject({ median: 2, low: 2, high: 2 });
  });
});

test("a percentile lies between its neighbours", () => {
  expect(percentile([4, 1, 3, 2], 50)).toBe(2.5);
  expect(percentile(upTo(101), 99)).toBe(100);
});

describe("what is left of a run", () => {
  const parts = [
    { name: "a", seconds: 100 },
    { name: "b", seconds: 50 },
    { name: "c", seconds: 10 },
  ];
  test.each([
    ["at the start is what was planned", 0, 0, 0, 160],
    ["follows the plan and the pace that a part has had", 0, 0.5, 80, 125],
    ["follows the pace more than the plan, towards the end", 0, 0.9, 900, 151],
    ["has no more of what is over", 2, 0, 0, 10],
    ["is nothing at the end", 2, 1, 12, 0],
  ])("%s", (_, current, share, elapsed, left) => {
    expect(secondsLeft(parts, current, share, elapsed)).toBeCloseTo(left);
  });

  test("counts the stages of a part that are done", () => {
    const said: string[] = [];
    let nowMs = 0;
    const progress = new Progress(
      parts,
      (text) => said.push(text),
      () => nowMs,
    );
    progress.begin();
    progress.stage("one", 0, 2);
    nowMs = 50_000;
    progress.stage("two", 1, 2);
    progress.round(0, 2);
    nowMs = 75_000;
    progress.round(1, 2);
    progress.begin();
    progress.round(1, 2);
    expect(said).toEqual([
      "a (1 of 3); about 2:40 left",
      "  one; about 2:40 left",
      "  two; about 1:50 left",
      "  round 2 of 2; about 1:25 left",
      "b (2 of 3); about 1:00 left",
      "  round 2 of 2; about 0:23 left",
    ]);
  });

  test("is printed in minutes and seconds", () => {
    expect([0, 59.6, 245].map(formatSeconds)).toEqual(["0:00", "1:00", "4:05"]);
  });
});
