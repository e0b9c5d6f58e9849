// The steps in which durations are counted: narrow, and exact at the ends of Prometheus' buckets.
import { describe, expect, test } from "bun:test";
import {
  DURATION_BUCKETS,
  DURATION_MARKS,
  DURATION_STEPS,
  inBuckets,
  quantile,
  stepOf,
} from "../../src/metrics/durations.ts";

function stepsOf(durations: readonly number[]): Float64Array {
  const steps = new Float64Array(DURATION_STEPS);
  for (const seconds of durations) {
    const step = stepOf(seconds);
    steps[step] = (steps[step] ?? 0) + 1;
  }
  return steps;
}

/** From 10 µs to 10 minutes, each 0.1 % longer than the one before. */
const ALL = Array.from({ length: 17_910 }, (_, at) => 0.000_01 * 1.001 ** at);

test("steps are in order, from a microsecond to hours", () => {
  const found = [0, 1e-6, ...ALL, 3600].map(stepOf);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(new Set(found).size).toBe(DURATION_STEPS);
});

test.each(DURATION_MARKS.map((mark) => [mark]))("a step ends at exactly %p s", (mark) => {
  expect(stepOf(mark * (1 + 1e-15))).toBe(stepOf(mark) + 1);
});

test.each([0, -1, Number.NaN])("what is no duration, %p, is in the first step", (seconds) => {
  expect(stepOf(seconds)).toBe(0);
});

test("no duration from 16 µs to 10 minutes is told more than 6 % wrong", () => {
  const wrong = ALL.filter((seconds) => seconds > 0.000_016)
    .map((seconds) => Math.abs((quantile(stepsOf([seconds]), 1) ?? 0) / seconds - 1))
    .toSorted((a, b) => b - a);
  expect(wrong[0]).toBeLessThan(0.06);
});

test("each bucket of Prometheus has what did not take longer than its end, and no more", () => {
  const below = inBuckets(stepsOf([0, ...ALL, 3600]));
  for (const [at, end] of DURATION_BUCKETS.entries()) {
    expect(below[at]).toBe(1 + ALL.filter((seconds) => seconds <= end).length);
  }
  expect(below.at(-1)).toBe(ALL.length + 2);
});

describe("the time in which so many ended", () => {
  test.each<[string, readonly number[], number, number | undefined]>([
    ["of none is not known", [], 0.99, undefined],
    ["of a single one is its own", [0.1], 0.99, 0.1],
    ["of 100 with one slow one is the fast ones'", [...Array(99).fill(0.01), 5], 0.99, 0.01],
    ["of 100 with two slow ones is the slow ones'", [...Array(98).fill(0.01), 5, 5], 0.99, 5],
    ["of which half are slow, at the half, is the fast ones'", [1, 1, 2, 2], 0.5, 1],
    ["is 10 minutes, if it is hours", [7200], 0.99, 600],
    ["is 10 µs, if it is less", [0.000_001], 0.99, 0.000_01],
  ])("%s", (_name, durations, part, expected) => {
    const found = quantile(stepsOf(durations), part);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect((found ?? 0) / expected).toBeWithin(0.94, 1.06);
  });

  test("counts a measured request for as many as it stands for", () => {
    const steps = new Float64Array(DURATION_STEPS);
    steps[stepOf(0.01)] = 80 * 12.4;
    steps[stepOf(1)] = 12.4;
    expect(quantile(steps, 0.99)).toBeWithin(0.94, 1.06);
    expect(quantile(steps, 0.98)).toBeWithin(0.0094, 0.0106);
  });
});
