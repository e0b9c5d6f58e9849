// How durations are read.
import { describe, expect, test } from "bun:test";
import { parseDuration } from "../../../src/config/schema/duration.ts";

describe("a duration", () => {
  test.each([
    [30, 30_000],
    [1.5, 1500],
    [0, 0],
    [0.1, 100],
    ["30", 30_000],
    ["1.5", 1500],
    ["500ms", 500],
    ["30s", 30_000],
    ["2m", 120_000],
    ["0.5h", 1_800_000],
    ["0.0004s", 0],
  ])("written as %p is %p milliseconds", (written, durationMs) => {
    expect(parseDuration(written)).toBe(durationMs);
  });

  test.each(["", "s", "-1", "1 s", "1d", "1m30s", "1e3", ".5", "5.", "0x10", "1s\n", "Infinity"])(
    "is not written as %p",
    (written) => {
      expect(parseDuration(written)).toBeUndefined();
    },
  );
});
