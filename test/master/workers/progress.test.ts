// For how long a worker has made no progress, as it is seen by looking.
import { describe, expect, test } from "bun:test";
import { Progress } from "../../../src/master/workers/progress.ts";
import { LOOK_MS } from "../../../src/master/workers/watchdog.ts";

/** How far the worker has got, how much later that is, and whether it has had a processor. */
type Look = readonly [count: number, afterMs: number, waited?: boolean];

/** When a turn is due, and how long before the look that sees it the last one was. */
interface Turns {
  readonly eachMs?: number;
  readonly agoMs?: number;
}

function looks({ eachMs = 100, agoMs = LOOK_MS }: Turns, ...given: readonly Look[]): number[] {
  let nowMs = 1000;
  let turnedMs = nowMs;
  let last = 0;
  const progress = new Progress({ count: 0 }, nowMs);
  return given.map(([count, afterMs, waited = false]) => {
    const beforeMs = nowMs;
    nowMs += afterMs;
    if (count !== last) turnedMs = nowMs - agoMs;
    last = count;
    const far = { count, turnedMs, turnEachMs: eachMs };
    return progress.look({
      far,
      nowMs,
      beforeMs,
      wasAway: afterMs > 1000,
      waited: () => waited,
    });
  });
}

const still = (times: number, count = 0): Look[] =>
  Array.from({ length: times }, () => [count, LOOK_MS]);

test("one that gets on between any two looks has not stalled", () => {
  const steps = Array.from({ length: 20 }, (_, step): Look => [step + 1, LOOK_MS]);
  expect(new Set(looks({}, ...steps))).toEqual(new Set([0]));
});

test("one whose timer is late by less than the limit has not stalled", () => {
  const steps = Array.from({ length: 20 }, (_, step): Look => [(step + 2) >> 1, LOOK_MS]);
  expect(new Set(looks({ agoMs: 50 }, ...steps))).toEqual(new Set([0]));
});

describe("one that stands still has stalled within 500 ms of its last turn", () => {
  test.each([
    [0, [0, 0, 400]],
    [50, [0, 0, 450]],
    [100, [0, 300, 500]],
    [199, [0, 399, 599]],
  ])("if that was %i ms before a look", (agoMs, found) => {
    expect(looks({ agoMs }, [1, LOOK_MS], ...still(2, 1))).toEqual(found);
  });
});

test("one that rests has more time between its turns", () => {
  const found = looks({ eachMs: 550, agoMs: 0 }, [1, LOOK_MS], ...still(4, 1));
  expect(found).toEqual([0, 0, 0, 0, 800]);
});

test("it has not any more once it gets on, by however little", () => {
  expect(looks({}, ...still(4), [0.001, LOOK_MS], [0.001, LOOK_MS])).toEqual([
    0, 400, 600, 800, 0, 400,
  ]);
});

test("one that answers requests gets on, however late its turns are", () => {
  const progress = new Progress({ count: 0 }, 0);
  for (let at = 1; at < 20; at++) {
    const far = { count: at / 1000, turnedMs: 0, turnEachMs: 100 };
    const nowMs = at * LOOK_MS;
    const about = { far, nowMs, beforeMs: nowMs - LOOK_MS, wasAway: false };
    expect(progress.look({ ...about, waited: () => false })).toBe(0);
  }
});

test("what happens while the master is away is not counted", () => {
  const HOUR_MS = 3_600_000;
  expect(looks({}, [1, LOOK_MS], [1, HOUR_MS], [2, LOOK_MS])).toEqual([0, 0, 0]);
  expect(looks({}, ...still(3), [0, HOUR_MS], [0, LOOK_MS])).toEqual([0, 400, 600, 600, 800]);
  expect(looks({}, ...still(3), [1, HOUR_MS], [1, LOOK_MS])).toEqual([0, 400, 600, 0, 0]);
});

test("time in which it waits for a processor is not counted", () => {
  const waits = Array.from({ length: 100 }, (): Look => [0, LOOK_MS, true]);
  expect(new Set(looks({}, ...waits))).toEqual(new Set([0]));
  expect(looks({ agoMs: 0 }, [1, LOOK_MS], [1, LOOK_MS, true], ...still(2, 1))).toEqual([
    0, 0, 0, 400,
  ]);
});

test("what the kernel says is only asked of one whose turn is overdue", () => {
  const progress = new Progress({ count: 1 }, 0);
  const asked: number[] = [];
  for (let at = 1; at < 5; at++) {
    const nowMs = at * LOOK_MS;
    const far = { count: 1, turnedMs: 0, turnEachMs: 550 };
    const about = { far, nowMs, beforeMs: nowMs - LOOK_MS, wasAway: false };
    progress.look({ ...about, waited: () => asked.push(nowMs) < 0 });
  }
  expect(asked).toEqual([600, 800]);
});
