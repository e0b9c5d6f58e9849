// How durations are written: the configuration reads them back.
import { describe, expect, test } from "bun:test";
import { parseDuration } from "../../src/config/schema/duration.ts";
import { formatDuration } from "../../src/core/duration.ts";

describe("a duration", () => {
  test.each([
    [0, "0s"],
    [1, "1ms"],
    [250, "250ms"],
    [1000, "1s"],
    [1500, "1.5s"],
    [1249, "1.249s"],
    [30_000, "30s"],
    [120_000, "120s"],
    [86_400_000, "24h"],
  ])("of %p ms is written %p, which reads the same", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    [999.4, "999ms"],
    [31_249, "31.2s"],
    [3_600_001, "3600s"],
  ])("of %p ms, that was measured, is written %p", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
