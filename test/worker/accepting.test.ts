import { expect, test } from "bun:test";
import type { Polls } from "../../src/net/polls.ts";
import { Accepting } from "../../src/worker/accepting.ts";

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

test("nothing resumes it during what it is paused for, whatever comes of that", async () => {
  const { accepting, paused } = setup();
  accepting.pause();
  const failed = accepting.pausedDuring(async () => {
    accepting.resume();
    expect(paused).toEqual([7, 8]);
    throw new Error("EMFILE");
  });
  expect(await failed.catch(String)).toBe("Error: EMFILE");
  expect(paused).toEqual([]);
});

test("a listener that has been let go of meanwhile is not touched", () => {
  const { accepting, paused, listeners } = setup();
  accepting.pause();
  listeners.shift();
  accepting.resume();
  expect(paused).toEqual([7]);
});
