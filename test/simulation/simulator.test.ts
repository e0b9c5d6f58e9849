// The simulator proves nothing unless it sees mistakes: each checker, alone, against masters
// with one mistake each. And the same seed must always make the same run.

import { describe, expect, test } from "bun:test";
import type { Mistake } from "./mistake.ts";
import { leaderMistakes } from "./leader-mistakes.ts";
import { linkMistakes } from "./link-mistakes.ts";
import { mistakes } from "./mistakes.ts";
import { roomMistakes } from "./room-mistakes.ts";
import { shellMistakes } from "./shell-mistakes.ts";
import { simulate, SimulationFailure } from "./simulation.ts";
import { trialMistakes } from "./trial-mistakes.ts";
import { Violation } from "./violation.ts";

const MOST_SEEDS = 1500;
const STEPS = 400;
/** Some need many seeds, and this machine may be busy. */
const SEARCH_MS = 60_000;

/** The first violation in runs of seed after seed. */
function firstViolation({ shell, ...mistake }: Mistake): Violation | undefined {
  const mend = shell?.();
  try {
    return search(mistake);
  } finally {
    mend?.();
  }
}

function search({ checker, step, solo = false, isShared = false }: Mistake): Violation | undefined {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const checkers = [checker()];
    try {
      simulate(seed, { steps: STEPS, solo, isShared, checkers, ...(step && { step }) });
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      const { cause } = error;
      if (cause instanceof Violation && cause.checker === checkers[0]?.name) return cause;
    }
  }
  return undefined;
}

describe("the simulator sees a", () => {
  for (const [name, mistake] of Object.entries({
    ...mistakes,
    ...roomMistakes,
    ...leaderMistakes,
    ...linkMistakes,
    ...shellMistakes,
    ...trialMistakes,
  })) {
    test(
      name,
      () => {
        expect(firstViolation(mistake)?.checker).toBe(mistake.checker().name);
      },
      SEARCH_MS,
    );
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
