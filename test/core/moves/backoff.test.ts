// The growing waits after crashes, and the crash budget.

import { describe, expect, test } from "bun:test";
import { afterCrash, budgetIsSpent } from "../../../src/core/moves/backoff.ts";
import type { Respawn } from "../../../src/core/crash-history.ts";
import { SETTINGS } from "../scenario.ts";

const NEVER: Respawn = { crashesMs: [], notBeforeMs: 0 };

describe("the wait before a respawn", () => {
  test("is none at first, then doubles with each crash up to the most", () => {
    let respawn = NEVER;
    let nowMs = 1_000_000;
    const settings = { ...SETTINGS.respawn, windowMs: 600_000 };
    const waitsMs: number[] = [];
    for (let crash = 0; crash < 10; crash++) {
      respawn = afterCrash(respawn, settings, nowMs);
      waitsMs.push(Math.max(respawn.notBeforeMs - nowMs, 0));
      nowMs = Math.max(nowMs, respawn.notBeforeMs);
    }
    expect(waitsMs).toEqual([0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("is none again when the window has passed", () => {
    const crashed = afterCrash(afterCrash(NEVER, SETTINGS.respawn, 0), SETTINGS.respawn, 0);
    const later = afterCrash(crashed, SETTINGS.respawn, 60_000);
    expect(later).toEqual({ crashesMs: [60_000], notBeforeMs: 60_000 });
  });

  test("is never shortened by another crash", () => {
    const respawn = { crashesMs: [], notBeforeMs: 9000 };
    expect(afterCrash(respawn, SETTINGS.respawn, 1000).notBeforeMs).toBe(9000);
  });

  test("grows without end of the memory it needs", () => {
    let respawn = NEVER;
    for (let crash = 0; crash < 1000; crash++) respawn = afterCrash(respawn, SETTINGS.respawn, 5);
    expect(respawn.crashesMs.length).toBeLessThan(100);
  });
});

test("the crash budget is spent by so many crashes within the window", () => {
  const settings = { ...SETTINGS.respawn, maxCrashes: 2, windowMs: 1000 };
  const respawn = { crashesMs: [0, 500], notBeforeMs: 0 };
  expect(budgetIsSpent(respawn, settings, 999)).toBe(true);
  expect(budgetIsSpent(respawn, settings, 1000)).toBe(false);
});
