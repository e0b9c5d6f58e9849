// Workers that end unexpectedly. The slot is filled again: at once the first time, then after
// growing waits. The crash budget limits how many crashes there may be in a window of time.

import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import {
  canGrow,
  canaryGeneration,
  canaryOf,
  emptySlots,
  fillingGeneration,
  isBusyHandingOver,
  isGivingWay,
  isInRollout,
  isShuttingDown,
  isStarting,
  rollingOf,
  standbyGenerationOf,
  getsReplaced,
} from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { afterCrash, budgetIsSpent } from "../moves/backoff.ts";
import { respawnOf, setRespawn } from "../moves/crashes.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { spawnWorker } from "../moves/workers.ts";
import { roomFor, roomForOld, takeOverShort } from "./rolling.ts";
import { endTrialAsBad } from "./rollback.ts";

/**
 * A worker that should have gone on has ended or failed. Either that rejects the new generation; or
 * it counts against the crash budget, and the worker is replaced; or the worker is not needed any
 * more.
 */
export function onLost(turn: Turn, worker: Worker, reason: string): void {
  if (rejectsRollout(turn.state, worker) && !takeOverShort(turn)) {
    return rejectRollout(turn, reason);
  }
  if (getsReplaced(turn.state, worker)) recordCrash(turn, worker);
}

/** A new generation is rejected if there is an old one, or if the worker was never ready. */
function rejectsRollout(state: State, worker: Worker): boolean {
  // A canary is judged by its crashes too, and may have a few.
  if (!isInRollout(state, worker) || canaryOf(state) !== undefined) return false;
  // A server that was claimed may already be ours: from then on a worker that was ready is
  // replaced, as in any server.
  const mayGoBack = state.serving !== undefined && state.succession.name !== "claimed";
  return isStarting(worker) || mayGoBack;
}

function recordCrash(turn: Turn, worker: Worker): void {
  const generation = turn.generation(worker.generation);
  const { respawn: settings } = generation.settings;
  // One that was ready has been counted.
  if (isStarting(worker)) turn.emit({ type: "worker-crashed", worker: worker.id });
  const before = respawnOf(turn.state, generation.number);
  const wasSpent = budgetIsSpent(before, settings, turn.now);
  const respawn = afterCrash(before, settings, turn.now);
  setRespawn(turn, generation.number, respawn);
  if (budgetIsSpent(respawn, settings, turn.now)) {
    const spent = message.budgetSpent(respawn.crashesMs.length, settings.windowMs);
    const { number } = generation;
    const crashes = respawn.crashesMs.length;
    if (!wasSpent) turn.log("error", "crash-budget-spent", spent, { generation: number, crashes });
    if (turn.state.serving === undefined) return rejectRollout(turn, spent);
    if (endTrialAsBad(turn, number, spent)) return;
  }
  // It stays empty until the files are as they were: that has been said.
  if (worker.slot >= generation.target || !canGrow(generation)) return;
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
  const kept = isGivingWay(state) ? undefined : sharingOf(state).generationToFill(state);
  const filling = fillingGeneration(state);
  for (const generation of new Set([
    kept,
    filling,
    canaryGeneration(state),
    standbyGenerationOf(state),
  ])) {
    if (generation === undefined || !canGrow(generation)) continue;
    const { notBeforeMs } = respawnOf(state, generation.number);
    if (generation !== filling && turn.now < notBeforeMs) continue;
    const isRolling = generation === filling && rollingOf(state) !== undefined;
    const slots = emptySlots(state, generation);
    const empty = isRolling ? slots.toReversed() : slots;
    const room = (generation === filling ? roomFor : roomForOld)(turn.state, empty.length);
    for (const slot of empty.slice(0, room)) spawnWorker(turn, generation.number, slot);
  }
}
