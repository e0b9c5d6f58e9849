// A trial of a new generation: its measurements, from the first to the last. The canary and the
// bake are trials. What a verdict leads to is theirs to say.

import { canaryOf, isStuck } from "../predicates.ts";
import type { Trial } from "../rollout-state.ts";
import type { Generation, State } from "../state.ts";
import type { Turn } from "../turn.ts";
import type { Comparison } from "../figures.ts";
import { isSilent, judge, type Verdict } from "../verdict.ts";
import { verdictWords } from "../verdict-words.ts";

/** How often a new generation is measured, unless its trial is short. */
const MEASURE_MS = 1000;
/** A trial is measured at least this many times. */
const LEAST_MEASUREMENTS = 10;
const SHORTEST_PAUSE_MS = 100;
/** A trial whose time is up may wait for a first answer, or for progress, for so long. */
export const LONGEST_WAIT_MS = 30_000;

/**
 * Begins to compare a generation with the old one.
 * @param oldSince by what the old one is judged: it may get no more connections
 */
export function beginTrial(
  turn: Turn,
  { generation, old, forMs }: { generation: number; old: number; forMs: number },
  oldSince: "now" | "its-start",
): Trial {
  turn.emit({ type: "begin-comparison", generation, old, oldSince });
  const untilMs = turn.now + forMs;
  return {
    untilMs,
    measureAtMs: Math.min(turn.now + pauseMs(forMs), untilMs),
    pauseMs: pauseMs(forMs),
    troubles: 0,
    comparison: undefined,
  };
}

function pauseMs(forMs: number): number {
  return Math.min(MEASURE_MS, Math.max(forMs / LEAST_MEASUREMENTS, SHORTEST_PAUSE_MS));
}

/** Asks for the measurement that is due, and plans the next. */
export function measured(turn: Turn, trial: Trial, generation: number): Trial {
  if (turn.now < trial.measureAtMs) return trial;
  turn.emit({ type: "measure", generation });
  const nextMs = turn.now + trial.pauseMs;
  const isLast = turn.now >= trial.untilMs;
  return { ...trial, measureAtMs: isLast ? nextMs : Math.min(nextMs, trial.untilMs) };
}

/** With the newest measurement, unless there is none. */
export function withComparison(trial: Trial, comparison: Comparison | undefined): Trial {
  return comparison === undefined ? trial : { ...trial, comparison };
}

/**
 * What is to be said of a generation by now, and whether its time is up. Before that is so, whoever
 * still waits for a first answer has time to get one, and workers that stand still to get on.
 * @param beside the old generation
 * @param isHeld something else is waited for
 */
export function judgeTrial(
  turn: Turn,
  { untilMs, comparison, troubles }: Trial,
  { number, settings }: Generation,
  beside: number,
  isHeld = false,
): { readonly verdict: Verdict; readonly isOver: boolean } | undefined {
  const { rollout } = settings;
  if (rollout === undefined) return undefined;
  const stuck = isStuck(turn.state, number) && !isStuck(turn.state, beside);
  const waits = stuck || (comparison !== undefined && isSilent(comparison));
  const endsAtMs = waits ? untilMs + LONGEST_WAIT_MS : untilMs;
  const isOver = turn.now >= endsAtMs && !isHeld;
  const verdict = judge(rollout, comparison, troubles, isOver);
  if (!isOver || !stuck || verdict.name === "bad") return { verdict, isOver };
  return { verdict: { ...verdict, name: "bad", words: verdictWords.stuck }, isOver };
}

/** The trial of a generation; `undefined`: it is not on trial. */
export function trialOf(state: State, generation: number): Trial | undefined {
  const canary = canaryOf(state);
  if (canary?.generation === generation) return canary.trial;
  return state.serving === generation ? state.bake?.trial : undefined;
}

/** A worker has crashed, or its app has thrown: if its generation is on trial, that counts. */
export function noteTrouble(turn: Turn, generation: number, times = 1): void {
  const trial = trialOf(turn.state, generation);
  if (trial === undefined) return;
  const next = { ...trial, troubles: trial.troubles + times };
  const canary = canaryOf(turn.state);
  const { bake } = turn.state;
  if (canary?.generation === generation) turn.set({ rollout: { ...canary, trial: next } });
  else if (bake !== undefined) turn.set({ bake: { ...bake, trial: next } });
}
