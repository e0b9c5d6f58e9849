// Real control loops, except for one thing that they hear, decide or do.

import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";
import type { Phase, State, Worker } from "../../src/core/state.ts";
import { step, type Step } from "../../src/core/step.ts";
import type { StepFunction } from "./bench.ts";

/** The real step with its result changed. */
export function after(change: (given: Step, before: State) => Partial<Step>): StepFunction {
  return (state, event, nowMs) => {
    const given = step(state, event, nowMs);
    return { ...given, ...change(given, state) };
  };
}

/** The real step, with some effects never performed. */
export function without(unwanted: (effect: Effect) => boolean): StepFunction {
  return after(({ effects }) => ({ effects: effects.filter((effect) => !unwanted(effect)) }));
}

export function replacing(replace: (effect: Effect) => Effect): StepFunction {
  return after(({ effects }) => ({ effects: effects.map(replace) }));
}

/** The real step, deaf to some events. */
export function deafTo(unheard: (event: Event, state: State) => boolean): StepFunction {
  return (state, event, nowMs) =>
    step(state, unheard(event, state) ? { type: "tick" } : event, nowMs);
}

export function withPhases(change: (worker: Worker) => Phase): StepFunction {
  return after(({ state }) => {
    const workers = [...state.workers.values()].map((worker) => {
      return [worker.id, { ...worker, phase: change(worker) }] as const;
    });
    return { state: { ...state, workers: new Map(workers) } };
  });
}
