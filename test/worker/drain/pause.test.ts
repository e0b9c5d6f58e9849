// How often a draining worker looks whether it is idle.
import { expect, test } from "bun:test";
import { pauseMs } from "../../../src/worker/drain/pause.ts";

const DRAINS_MS = [0, 200, 1000, 5000, 25_000, 3_600_000];

test.each([
  ["busy", [20, 20, 20, 100, 500, 500]],
  ["idle", [20, 20, 100, 500, 500, 500]],
] as const)(
  "a drain that is %s is late by a part of its time, but soon notices a stop",
  (load, late) => {
    expect(DRAINS_MS.map((drainMs) => pauseMs(0, drainMs, load))).toEqual([...late]);
  },
);

test("looks that take long are rare, but one that was held up delays the next by a second", () => {
  expect(pauseMs(40, 0, "busy")).toBe(800);
  expect(pauseMs(400, 0, "busy")).toBe(1000);
});
