// When descriptors are short, and what is told of it.
import { expect, test } from "bun:test";
import { type DescriptorReserve, reserveOf } from "../../../src/os/reserve.ts";
import { Shortage, supplyOf } from "../../../src/worker/connections/descriptor-watch.ts";

test.each([
  [20, 64, 8, "enough"],
  [33, 64, 8, "few"],
  [55, 64, 8, "few"],
  [56, 64, 8, "none"],
  [900, 1024, 32, "few"],
  [992, 1024, 32, "none"],
  [20_000, 1_048_576, 32, "enough"],
  [20_000, Infinity, 32, "enough"],
] as const)(
  "%d descriptors in use of %d, %d held: there are %s left",
  (used, limit, held, supply) => {
    expect(supplyOf(used, limit, held)).toBe(supply);
  },
);

test.each([
  [64, 8],
  [512, 16],
  [20_000, 32],
  [Infinity, 32],
])("of %d descriptors, %d are held in reserve", (limit, reserve) => {
  expect(reserveOf(limit)).toBe(reserve);
});

test("connections wait during a shortage, which is reported once, and again when it has been well for long", () => {
  let used = 20;
  const told: string[] = [];
  const accepting = {
    isPaused: false,
    reserve: { held: 0, size: 8 } as DescriptorReserve,
    pause: () => void (accepting.isPaused = true),
    resume: () => void (accepting.isPaused = false),
  };
  const tell = (_event: string, words: string): void => void told.push(words);
  const shortage = new Shortage(accepting, tell, () => used);
  const lookAt = (nowMs: number, inUse: number): boolean => {
    used = inUse;
    shortage.look({ soft: 64, hard: 4096 }, nowMs);
    return accepting.isPaused;
  };
  expect(lookAt(0, 20)).toBe(false);
  expect(lookAt(1_000, 64)).toBe(true);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("64 of 64 file descriptors are in use");
  expect(told[0]).toContain("LimitNOFILE= in systemd (soft 64, hard 4096)");
  expect(lookAt(2_000, 55)).toBe(false);
  expect(lookAt(3_000, 63)).toBe(true);
  expect(lookAt(4_000, 20)).toBe(false);
  expect(lookAt(13_000, 62)).toBe(true);
  expect(told).toHaveLength(1);
  expect(lookAt(14_000, 30)).toBe(false);
  expect(lookAt(24_000, 61)).toBe(true);
  expect(told).toHaveLength(2);
});
