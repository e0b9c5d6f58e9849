// How a scaling that was asked for has ended, found in the state of the control loop.
import { isStopping, servingGeneration } from "../core/predicates.ts";
import type { State } from "../core/state.ts";

/** `workers`: so many serve now, which another scaling may have decided since. */
export type ScaleResult = { readonly workers: number } | { readonly reason: string };

/** Crashes after which whoever asked is told, though it is tried on: the next waits get long. */
const TELLING_CRASHES = 2;

/** A scaling that was asked for. */
export interface Scaling {
  /** The generation that was to have so many. */
  readonly generation: number | undefined;
  readonly workers: number;
  readonly sinceMs: number;
}

/** Undefined while it is under way. */
export function scaleResult(
  state: State,
  { generation, workers, sinceMs }: Scaling,
): ScaleResult | undefined {
  const serving = servingGeneration(state);
  if (isStopping(state)) return { reason: "the server is stopping" };
  if (state.succession.name === "granted")
    return { reason: "the server has been handed over meanwhile" };
  if (serving === undefined || serving.number !== generation || state.rollout.name !== "none") {
    return { reason: "a reload that came meanwhile has set the number of workers" };
  }
  // Of two scalings the last one holds.
  if (serving.target !== workers) return { workers: serving.target };
  if (readyWorkers(state) === workers) return { workers };
  const crashes = state.respawn.crashesMs.filter((atMs) => atMs >= sinceMs).length;
  return crashes < TELLING_CRASHES ? undefined : { reason: notAllServe(state, "they crash") };
}

/** Why it is not waited for any longer. */
export function notAllServe(state: State, why: string): string {
  const wanted = servingGeneration(state)?.target ?? 0;
  return `${readyWorkers(state)} of ${wanted} workers serve: ${why}; the log says more`;
}

function readyWorkers(state: State): number {
  const workers = [...state.workers.values()];
  return workers.filter(
    ({ generation, phase }) => generation === state.serving && phase.name === "ready",
  ).length;
}
