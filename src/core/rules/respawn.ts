// Workers that end when nobody asked them to: the slot is filled again, at once the first time,
// then with growing waits; how many crashes in which time is the crash budget.

import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import {
  emptySlots,
  fillingGeneration,
  isBusyHandingOver,
  isShuttingDown,
  isStarting,
  keptGeneration,
} from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { afterCrash, budgetIsSpent } from "../moves/backoff.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { spawnWorker } from "../moves/workers.ts";

/**
 * A worker that should have gone on has ended or failed. In a new generation with an old one to
 * fall back to that rejects the rollout, and so it does for any worker that never became ready in a
 * rollout; otherwise it counts against the crash budget and the slot is filled again.
 */
export function onLost(turn: Turn, worker: Worker, reason: string): void {
  const { rollout, serving, succession } = turn.state;
  const inRollout = rollout.name !== "none" && rollout.generation === worker.generation;
  // A server that was claimed may be ours already: from then on a worker is replaced, as in any
  // server.
  const isClaimed = succession.name === "claimed" && worker.phase.name === "ready";
  if (inRollout && !isClaimed && (serving !== undefined || isStarting(worker))) {
    rejectRollout(turn, reason);
    return;
  }
  if (worker.generation !== keptGeneration(turn.state)?.number) return;
  if (isShuttingDown(turn.state)) return;
  recordCrash(turn, worker);
}

function recordCrash(turn: Turn, worker: Worker): void {
  const generation = turn.generation(worker.generation);
  const { respawn: settings } = generation.settings;
  const respawn = afterCrash(turn.state.respawn, settings, turn.now);
  turn.set({ respawn });
  if (budgetIsSpent(respawn, settings, turn.now)) {
    const spent = message.budgetSpent(respawn.crashesMs.length, settings.windowMs);
    const { number } = generation;
    const crashes = respawn.crashesMs.length;
    turn.log("error", "crash-budget-spent", spent, { generation: number, crashes });
    if (turn.state.serving === undefined) {
      rejectRollout(turn, spent);
      return;
    }
  }
  if (worker.slot >= generation.target) return;
  turn.emit({ type: "worker-respawned", worker: worker.id });
  const delayMs = respawn.notBeforeMs - turn.now;
  const words = message.respawning(worker.slot, worker.id, delayMs);
  turn.log("info", "respawn", words, { ...aboutWorker(worker), delay_ms: Math.max(0, delayMs) });
}

/**
 * Fills empty slots: those of a new generation at once, those of the kept one when the wait after
 * the last crash is over.
 */
export function fillSlots(turn: Turn): void {
  const { state } = turn;
  if (isShuttingDown(state) || isBusyHandingOver(state)) return;
  const mayFill = turn.now >= state.respawn.notBeforeMs;
  const kept = mayFill ? sharingOf(state).generationToFill(state) : undefined;
  for (const generation of new Set([kept, fillingGeneration(state)])) {
    if (generation === undefined) continue;
    for (const slot of emptySlots(state, generation)) spawnWorker(turn, generation.number, slot);
  }
}
