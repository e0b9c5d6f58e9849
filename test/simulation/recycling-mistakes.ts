// Masters that make a mistake about workers that are well, and are to be replaced nevertheless.

import type { Effect } from "../../src/core/effects.ts";
import type { State, Worker } from "../../src/core/state.ts";
import type { Step } from "../../src/core/step.ts";
import { after, deafTo } from "./broken-step.ts";
import { RecyclingChecker } from "./checkers/recycling.ts";
import { UntouchedChecker } from "./checkers/untouched.ts";
import { begin, begunIn } from "./recycling-begun.ts";
import type { Mistake } from "./mistake.ts";

/** A worker is replaced as one that is worn. */
function recycled({ state, effects }: Step, worker: Worker | undefined): Partial<Step> {
  if (worker === undefined) return {};
  const workers = new Map(state.workers);
  workers.set(worker.id, { ...worker, phase: { name: "ready", recycle: "wanted" } });
  return { state: { ...state, workers }, effects: [...effects, begin(worker.id)] };
}

/** One that has reached a limit, and that nobody replaces yet. */
function wornIn({ workers, serving }: State): Worker | undefined {
  return [...workers.values()].find(
    ({ worn, phase, generation }) =>
      worn !== undefined &&
      generation === serving &&
      phase.name === "ready" &&
      phase.recycle === undefined,
  );
}

const begins = (effects: readonly Effect[]): boolean => begunIn(effects).length > 0;

/** All that are worn are replaced at once. */
const hurries = after((given) =>
  begins(given.effects) ? recycled(given, wornIn(given.state)) : {},
);

const whenever = (isTime: (state: State) => boolean) =>
  after((given) => (isTime(given.state) ? recycled(given, wornIn(given.state)) : {}));

/** A worn worker drains at once. */
const drainsTheWorn = after(({ effects }) => {
  const drains = begunIn(effects).map(
    (worker) =>
      ({ type: "drain", worker, reason: "recycle", timeoutMs: 0, closeIdle: false }) as const,
  );
  return { effects: [...effects, ...drains] };
});

/** Each that is replaced counts against the version. */
const countsEach = after(({ state, effects }) => {
  if (!begins(effects)) return {};
  const { respawn } = state;
  return { state: { ...state, respawn: { ...respawn, crashesMs: [...respawn.crashesMs, 0] } } };
});

/** By what is wrong with each. */
export const recyclingMistakes: Readonly<Record<string, Mistake>> = {
  "two workers that are recycled at once": {
    checker: () => new RecyclingChecker(),
    step: hurries,
  },
  "worker that is recycled while a new version comes up": {
    checker: () => new RecyclingChecker(),
    step: whenever(({ rollout }) => rollout.name !== "none"),
  },
  "worker that is recycled while its version is on trial": {
    checker: () => new RecyclingChecker(),
    step: whenever(({ bake }) => bake !== undefined),
  },
  "worker that is recycled in a handover": {
    checker: () => new RecyclingChecker(),
    step: whenever(({ succession }) => succession.name !== "none"),
  },
  "worn worker that drains before it is replaced": {
    checker: () => new RecyclingChecker(),
    step: drainsTheWorn,
  },
  "serving worker that drains for nobody, as it is worn": {
    checker: () => new UntouchedChecker(),
    step: drainsTheWorn,
  },
  "worn worker that nobody replaces": {
    checker: () => new RecyclingChecker(),
    step: deafTo((event) => event.type === "workers-measured"),
  },
  "recycling that counts as a crash": {
    checker: () => new RecyclingChecker(),
    step: countsEach,
  },
};
