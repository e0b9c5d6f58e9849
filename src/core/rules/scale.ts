// More or fewer workers until the next reload: TTIN and TTOU.

import { message } from "../messages.ts";
import {
  isBusyHandingOver,
  isStarting,
  isStopping,
  isUnshared,
  servingGeneration,
} from "../predicates.ts";
import type { Generation } from "../state.ts";
import type { Turn } from "../turn.ts";
import { retireWorker } from "../moves/workers.ts";

/** No machine wants more processes of one app: a larger number was meant for another key. */
export const MAX_WORKERS = 1024;

export function onScaleRequested(turn: Turn, by: 1 | -1, signal: string): void {
  const generation = servingGeneration(turn.state);
  if (generation === undefined || isStopping(turn.state)) {
    turn.log("warn", "scale-ignored", message.scaleNotServing(signal), { by: signal });
    return;
  }
  if (isBusyHandingOver(turn.state)) {
    turn.log("warn", "scale-ignored", message.scaleHandingOver(signal), { by: signal });
    return;
  }
  const target = generation.target + by;
  if (isUnshared(turn.state)) {
    turn.log("warn", "scale-ignored", message.scaleUnshared(signal), { by: signal });
    return;
  }
  if (target < 1 || target > MAX_WORKERS) {
    const why = target < 1 ? message.scaleAtMinimum : message.scaleAtMaximum;
    turn.log("warn", "scale-ignored", why(signal), { by: signal });
    return;
  }
  scaleTo(turn, generation, target, signal);
}

/** @param by who asked, for the log. A number out of range is refused before it gets here. */
export function onScaleToRequested(turn: Turn, workers: number, by: string): void {
  const generation = servingGeneration(turn.state);
  if (generation === undefined || isStopping(turn.state)) {
    turn.log("warn", "scale-ignored", message.scaleNotServing(by), { by });
    return;
  }
  if (isBusyHandingOver(turn.state)) {
    turn.log("warn", "scale-ignored", message.scaleHandingOver(by), { by });
    return;
  }
  if (isUnshared(turn.state) && workers !== 1) {
    turn.log("warn", "scale-ignored", message.scaleUnshared(by), { by });
    return;
  }
  scaleTo(turn, generation, Math.min(Math.max(1, workers), MAX_WORKERS), by);
}

function scaleTo(turn: Turn, generation: Generation, target: number, by: string): void {
  turn.putGeneration({ ...generation, target });
  turn.log("info", "scaling", message.scaling(by, target), {
    generation: generation.number,
    workers: target,
    by,
  });
}

/** How many of the slots below `target` have a ready worker. */
function servedSlots(turn: Turn, generation: number, target: number): number {
  const ready = turn.workersOf(generation).filter(({ phase }) => phase.name === "ready");
  return new Set(ready.map(({ slot }) => slot).filter((slot) => slot < target)).size;
}

/**
 * Drains the workers of the serving generation whose slots are no longer wanted. Those that are
 * ready go on until every wanted slot has a ready worker: the ones that stay may just have crashed.
 */
export function cullSurplus(turn: Turn): void {
  const generation = servingGeneration(turn.state);
  if (generation === undefined || isStopping(turn.state)) return;
  const { target, settings, number } = generation;
  const surplus = turn.workersOf(number).filter(({ slot }) => slot >= target);
  const allReady = servedSlots(turn, number, target) === target;
  for (const worker of surplus) {
    const isReady = worker.phase.name === "ready";
    if (!isStarting(worker) && !(isReady && allReady)) continue;
    retireWorker(turn, worker, "stop", settings.reloadTimeoutMs);
  }
}
