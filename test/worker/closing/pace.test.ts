// How fast busy connections are sent to other workers.
import { expect, test } from "bun:test";
import { Pace } from "../../../src/worker/closing/pace.ts";

/** Answers one response every `everyMs` for two seconds: when connections were closed. */
function closedAt(pace: Pace, everyMs: number): number[] {
  const times: number[] = [];
  for (let now = 0; now < 2000; now += everyMs) if (pace.isDue(now)) times.push(now);
  return times;
}

test("busy connections are sent away evenly over the time given, and then all", () => {
  const closed = closedAt(new Pace(10, 1000, 0), 1);
  expect(closed.filter((time) => time < 1000)).toEqual([
    0, 100, 200, 300, 400, 500, 600, 700, 800, 900,
  ]);
  expect(closed.filter((time) => time >= 1000)).toHaveLength(1000);
});

test("a connection that is seldom used is sent away when it is", () => {
  expect(closedAt(new Pace(4, 1000, 0), 400)).toEqual([0, 400, 800, 1200, 1600]);
});

test("without a time, every connection is sent away at once", () => {
  expect(closedAt(new Pace(100, 0, 0), 250)).toHaveLength(8);
});

test("it is over when all are sent away, and never where nobody is", () => {
  const pace = new Pace(10, 1000, 500);
  expect([pace.isOver(1499), pace.isOver(1500)]).toEqual([false, true]);
  expect(new Pace(10, 0, 500).isOver(500)).toBe(true);
  expect(Pace.still().isOver(1e9)).toBe(false);
});
