// When people are told that a certificate expires.
import { describe, expect, test } from "bun:test";
import { stageOf, timeLeft } from "../../src/tls/expiry.ts";

const DAY = 86_400_000;
const HOUR = DAY / 24;

/** A certificate that is valid for some days, and has some left, at time 0. */
const validity = (days: number, left: number) => ({
  notBeforeMs: (left - days) * DAY,
  notAfterMs: left * DAY,
});

describe("a certificate for a year is warned of", () => {
  test.each([
    [31, undefined],
    [30, 30],
    [15, 30],
    [14, 14],
    [7, 7],
    [3, 3],
    [1, 1],
    [0.1, 1],
    [0, 0],
    [-0.5, -1],
    [-1.5, -2],
  ])("with %d days left: %p", (left, stage) => {
    expect(stageOf(validity(365, left), 0)).toBe(stage as never);
  });
});

describe("one that is renewed earlier is warned of later, when a third of its time is left:", () => {
  test.each([
    [90, 29, undefined],
    [90, 14, 14],
    [10, 3.1, undefined],
    [10, 3, 3],
    [6, 1.5, undefined],
    [6, 1, 1],
    [1, 0.4, undefined],
    [1, 0.3, 0.5],
  ])("for %d days, with %d left: %p", (days, left, stage) => {
    expect(stageOf(validity(days, left), 0)).toBe(stage as never);
  });
});

test.each([
  [10 * DAY + 1, "10 days left"],
  [2 * DAY, "2 days left"],
  [2 * DAY - 1, "47 hours left"],
  [HOUR, "1 hour left"],
  [-HOUR, "expired 1 hour ago"],
  [-3 * DAY, "expired 3 days ago"],
])("with %d ms left: %s", (leftMs, words) => {
  expect(timeLeft({ notBeforeMs: -100 * DAY, notAfterMs: leftMs }, 0)).toBe(words);
});
