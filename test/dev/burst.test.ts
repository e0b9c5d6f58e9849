// When a burst of changes is over.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Burst,
  isSettled,
  LONGEST_MS,
  overAtMs,
  touched,
  unsettled,
} from "../../src/dev/burst.ts";

/** A burst of events, each `[ms, ...paths]`. */
function burstOf(...events: [number, ...string[]][]): Burst {
  const all = events.reduce<Burst | undefined>(
    (burst, [ms, ...paths]) => touched(burst, paths, ms),
    undefined,
  );
  if (all === undefined) throw new Error("no event");
  return all;
}

describe("a burst", () => {
  test.each<[string, Burst, number]>([
    ["a single save is over at once", burstOf([100, "a"]), 108],
    ["a save in several steps is over after the last", burstOf([100, "a"], [105, "a"]), 113],
    ["after several files others may come", burstOf([100, "a"], [101, "b"]), 141],
    ["a file that is missing may come back", unsettled(burstOf([100, "a"])), 500],
    ["then it is like any other", touched(unsettled(burstOf([100, "a"])), ["a"], 150), 158],
    [
      "it is not waited for any longer than that",
      burstOf([100, "a"], [100 + LONGEST_MS - 1, "a"]),
      100 + LONGEST_MS,
    ],
  ])("%s", (_, burst, overMs) => {
    expect(overAtMs(burst)).toBe(overMs);
  });

  test("is waited for once if it is not settled, and not at all after its longest time", () => {
    const burst = burstOf([100, "a"]);
    expect(isSettled(burst, 108)).toBe(false);
    expect(isSettled(unsettled(burst), 500)).toBe(true);
    expect(isSettled(burst, 100 + LONGEST_MS)).toBe(true);
  });

  test("has every path, ends after its last event, and within its longest time", () => {
    const event = fc.tuple(fc.nat({ max: 50 }), fc.constantFrom("a", "b", "c"));
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (steps) => {
        let nowMs = 0;
        let burst: Burst | undefined;
        for (const [afterMs, path] of steps) {
          nowMs += afterMs;
          burst = touched(burst, [path], nowMs);
        }
        if (burst === undefined) throw new Error("no event");
        expect(burst.paths).toEqual(new Set(steps.map(([, path]) => path)));
        const overMs = overAtMs(burst);
        expect(overMs).toBeLessThanOrEqual(burst.firstMs + LONGEST_MS);
        expect(overMs > nowMs || overMs === burst.firstMs + LONGEST_MS).toBe(true);
      }),
    );
  });
});
