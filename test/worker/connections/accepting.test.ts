// Listeners that are left alone for a while.
import { expect, test } from "bun:test";
import type { Polls } from "../../../src/net/polls.ts";
import { Accepting } from "../../../src/worker/connections/accepting.ts";

/** Listeners 7 and 8, of which those that are paused are known. */
function setup() {
  const paused: number[] = [];
  const listeners = [7, 8];
  const accepting = new Accepting(() => listeners);
  const pause = (listener: number): (() => void) => {
    paused.push(listener);
    return () => void paused.splice(paused.indexOf(listener), 1);
  };
  accepting.begin({ pause } as unknown as Polls);
  return { accepting, paused, listeners };
}

test("what is paused twice is paused once, accepts again after one resume, and gives up its reserve meanwhile", () => {
  const { accepting, paused } = setup();
  const { reserve } = accepting;
  expect(reserve.held).toBe(reserve.size);
  accepting.pause();
  accepting.pause();
  expect([paused, reserve.held]).toEqual([[7, 8], 0]);
  accepting.resume();
  expect([paused, accepting.isPaused, reserve.held]).toEqual([[], false, reserve.size]);
});

test("it is paused for as long as something takes, whatever comes of that, and stays paused if it was", () => {
  const { accepting, paused } = setup();
  const fail = (): void => {
    expect([paused, accepting.reserve.held]).toEqual([[7, 8], 0]);
    throw new Error("EMFILE");
  };
  expect(() => accepting.pausedDuring(fail)).toThrow("EMFILE");
  expect(accepting.isPaused).toBe(false);
  accepting.pause();
  accepting.pausedDuring(() => undefined);
  expect(accepting.isPaused).toBe(true);
});

test("a listener that has been released in the meantime is not touched", () => {
  const { accepting, paused, listeners } = setup();
  accepting.pause();
  listeners.shift();
  accepting.resume();
  expect(paused).toEqual([7]);
});

test("connections wait as long as there are too many, or too few descriptors", () => {
  const { accepting, paused } = setup();
  accepting.setFull(true);
  expect([paused, accepting.isPaused, accepting.reserve.held]).toEqual([
    [7, 8],
    false,
    accepting.reserve.size,
  ]);
  accepting.pause();
  accepting.setFull(false);
  expect(paused).toEqual([7, 8]);
  accepting.setFull(true);
  accepting.resume();
  expect(paused).toEqual([7, 8]);
  accepting.setFull(false);
  expect(paused).toEqual([]);
});
