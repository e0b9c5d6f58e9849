// Each connection is closed about once in a time, for as long as that goes on.
import { describe, expect, test } from "bun:test";
import { SteadyPace } from "../../../src/worker/closing/pace.ts";

/** How many of the answers at these times close their connection. */
function closed(pace: SteadyPace, times: readonly number[]): number {
  return times.filter((ms) => pace.isDue(ms)).length;
}

/** Answers, evenly spread over some seconds. */
function answers(perSecond: number, seconds: number, fromMs = 0): number[] {
  const count = perSecond * seconds;
  return Array.from({ length: count }, (_, at) => fromMs + (at * 1000) / perSecond);
}

describe("a steady pace closes", () => {
  for (const connections of [1, 4, 50]) {
    test(`each of ${connections} connections about once a second, however much they carry`, () => {
      for (const perSecond of [200, 1000]) {
        const pace = new SteadyPace(() => connections, 1000, 0);
        const count = closed(pace, answers(perSecond, 11));
        expect(Math.abs(count - 10 * connections)).toBeLessThanOrEqual(connections + 1);
      }
    });
  }

  test("no more after a pause than before it", () => {
    const pace = new SteadyPace(() => 10, 1000, 0);
    closed(pace, answers(100, 2));
    expect(closed(pace, answers(100, 1, 60_000))).toBeLessThanOrEqual(11);
  });

  test("as many as there are now", () => {
    let connections = 1;
    const pace = new SteadyPace(() => connections, 1000, 0);
    closed(pace, answers(1000, 3));
    connections = 20;
    expect(closed(pace, answers(1000, 2, 3000))).toBeGreaterThanOrEqual(38);
  });
});
