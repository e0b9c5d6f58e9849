// Each connection lives for about the same time, however much it carries.
import { describe, expect, test } from "bun:test";
import { SteadyPace } from "../../../src/worker/closing/pace.ts";

/** When connections are closed that answer so often, each known by its port. */
function closings(pace: SteadyPace, ports: readonly number[], everyMs: number): number[] {
  const times: number[] = [];
  for (let ms = 0; ms < 10_000; ms += everyMs) {
    for (const port of ports) if (pace.isDue(ms, () => port)) times.push(ms);
  }
  return times;
}

describe("a steady pace", () => {
  for (const everyMs of [1, 10, 100]) {
    test(`closes a connection about once a second that answers every ${everyMs} ms`, () => {
      const times = closings(new SteadyPace(1000, 0, () => 0.5), [7], everyMs);
      expect(times.length).toBeGreaterThanOrEqual(9);
      expect(times.length).toBeLessThanOrEqual(11);
    });
  }

  test("spreads those that are there at first over the time", () => {
    let next = 0;
    const pace = new SteadyPace(1000, 0, () => (next++ % 10) / 10);
    const ports = Array.from({ length: 10 }, (_, at) => 1000 + at);
    const first = ports.map((port) => {
      expect(pace.isDue(0, () => port)).toBe(false);
      return port;
    });
    const closed = first.map((port, at) => pace.isDue(at * 100, () => port));
    expect(closed).toEqual(Array.from({ length: 10 }, () => true));
    expect(pace.isDue(950, () => 1000)).toBe(false);
  });

  test("never closes a connection at its first answer", () => {
    const pace = new SteadyPace(1000, 0, () => 0.5);
    for (let ms = 5000; ms < 8000; ms += 10) expect(pace.isDue(ms, () => ms)).toBe(false);
  });

  test("takes one that has been quiet for long for a new one: the port may be another client's", () => {
    const pace = new SteadyPace(1000, 0, () => 0.5);
    expect(pace.isDue(0, () => 7)).toBe(false);
    expect(pace.isDue(60_000, () => 7)).toBe(false);
    expect(pace.isDue(62_000, () => 7)).toBe(true);
  });

  test("closes nothing that cannot be told apart", () => {
    const pace = new SteadyPace(1000, 0, () => 0.5);
    for (let ms = 0; ms < 5000; ms += 10) expect(pace.isDue(ms, () => undefined)).toBe(false);
  });
});
