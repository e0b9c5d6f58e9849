// How a scaling that was asked for has ended, found in the state of the control loop.
import { formatDuration } from "../core/messages.ts";
import { isStopping, servingGeneration } from "../core/predicates.ts";
import type { State } from "../core/state.ts";

/** `workers`: so many serve now, which another scaling may have decided since. */
export type ScaleResult = { readonly workers: number } | { readonly reason: string };

/** Undefined while it is under way. @param generation the one that was to have so many */
export function scaleResult(
  state: State,
  generation: number | undefined,
  workers: number,
): ScaleResult | undefined {
  const serving = servingGeneration(state);
  if (isStopping(state)) return { reason: "the server is stopping" };
  if (state.handover.name === "done")
    return { reason: "the server has been handed over meanwhile" };
  if (serving === undefined || serving.number !== generation || state.rollout.name !== "none") {
    return { reason: "a reload that came meanwhile has set the number of workers anew" };
  }
  // Of two scalings the last one holds.
  if (serving.target !== workers) return { workers: serving.target };
  return readyWorkers(state) === workers ? { workers } : undefined;
}

/** Why it is not waited for any longer. */
export function notAllServe(state: State, limitMs: number): string {
  const wanted = servingGeneration(state)?.target ?? 0;
  const ready = `${readyWorkers(state)} of ${wanted} workers serve`;
  return `${ready} after ${formatDuration(limitMs)}; the log says what is in the way`;
}

function readyWorkers(state: State): number {
  const workers = [...state.workers.values()];
  return workers.filter(
    ({ generation, phase }) => generation === state.serving && phase.name === "ready",
  ).length;
}
