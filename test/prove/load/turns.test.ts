// Turns at a rate.
import { expect, test } from "bun:test";
import { Turns } from "../../../src/prove/load/turns.ts";

function waits(rate: number | undefined, times: readonly number[]): number[] {
  const turns = new Turns(rate);
  return times.map((nowMs) => turns.reserve(nowMs));
}

test.each([
  ["without a rate nobody waits", undefined, [1000, 1000, 1000], [0, 0, 0]],
  ["at once: one after another", 10, [1000, 1000, 1000], [0, 100, 200]],
  ["later: what is left of the wait", 10, [1000, 1050, 1250], [0, 50, 0]],
  ["turns that nobody took are lost", 10, [1000, 5000, 5000], [0, 0, 100]],
])("%s", (_name, rate, times, expected) => {
  expect(waits(rate, times)).toEqual(expected);
});

test("nobody's turn comes after the load has stopped", async () => {
  const stopping = new AbortController();
  const turns = new Turns(1);
  expect(await turns.next(stopping.signal)).toBeTrue();
  const waiting = turns.next(stopping.signal);
  stopping.abort();
  expect(await waiting).toBeFalse();
  expect(await new Turns(undefined).next(stopping.signal)).toBeFalse();
});
