// The simulator proves nothing unless it sees mistakes: each checker, alone, against control loops
// with one mistake each. And the same seed must always make the same run.

import { describe, expect, test } from "bun:test";
import { mistakes, type Mistake } from "./mistakes.ts";
import { simulate, SimulationFailure } from "./simulation.ts";
import { Violation } from "./violation.ts";

const MOST_SEEDS = 200;
const STEPS = 400;

/** What is found without a checker, whatever the mistake. */
const BESIDE = new Set(["end", "faults"]);

/** The first violation in runs of seed after seed. */
function firstViolation({ checker, step, solo = false }: Mistake): Violation | undefined {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    try {
      simulate(seed, { steps: STEPS, step, solo, checkers: [checker()] });
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      const { cause } = error;
      const isFound = cause instanceof Violation && !BESIDE.has(cause.checker);
      if (isFound) return cause;
    }
  }
  return undefined;
}

describe("the simulator sees a", () => {
  for (const [name, mistake] of Object.entries(mistakes)) {
    test(name, () => {
      expect(firstViolation(mistake)?.checker).toBe(mistake.checker().name);
    });
  }
});

describe("the simulator", () => {
  test("makes the same run of the same seed", () => {
    const first = simulate(7, { steps: STEPS });
    expect(simulate(7, { steps: STEPS })).toEqual(first);
  });

  test("reports seed, step, and what happened last", () => {
    const step = mistakes["bind without pinning"]?.step;
    if (step === undefined) throw new Error("no such mistake");
    const run = (): void => {
      for (let seed = 1; seed <= MOST_SEEDS; seed++) {
        simulate(seed, { steps: STEPS, step });
      }
    };
    expect(run).toThrow(/^seed \d+, step \d+: \w[\s\S]*\n +\d+ \d+ → worker-[\s\S]*← bind/);
  });
});
