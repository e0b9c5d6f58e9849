// A generation is what it was when it was loaded: no two codes share its number.
//
// A worker that is added or replaced looks at the files that its generation was loaded from before
// it loads them. If they have changed, it does not start. The workers that serve go on, and the
// slot stays empty until the files are as they were, or a reload serves what is on disk. If no
// worker is left, what is on disk is loaded as a new generation.

import type { EventOf } from "../events.ts";
import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import { afterCrash } from "../moves/backoff.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { killWorker } from "../moves/workers.ts";
import {
  canGrow,
  isAlive,
  isBusyHandingOver,
  isInRollout,
  isStopping,
  servingGeneration,
} from "../predicates.ts";
import type { State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { rollBack } from "./rollback.ts";

/** If its generation is starting, that is over: some of its workers have the old files. */
export function onWorkerOutdated(
  turn: Turn,
  worker: Worker,
  { files }: EventOf<"worker-outdated">,
): void {
  const { id, generation: number } = worker;
  const reason = message.otherCode(id, number, files);
  turn.log("error", "worker-outdated", reason, { ...aboutWorker(worker), files });
  killWorker(turn, worker);
  const generation = turn.generation(number);
  const isUnserved = isInRollout(turn.state, worker) && turn.state.rollout.name !== "canary";
  if (isUnserved) return rejectRollout(turn, reason);
  turn.putGeneration({ ...generation, outdated: files });
}

/** The shell looks at them from time to time, as long as a slot is empty because of them. */
export function onFilesLookedAt(
  turn: Turn,
  { generation: number, changed }: EventOf<"files-looked-at">,
): void {
  const generation = turn.state.generations.get(number);
  if (generation?.outdated === undefined) return;
  if (changed.length > 0) return turn.putGeneration({ ...generation, outdated: changed });
  turn.putGeneration({ ...generation, outdated: undefined });
  turn.log("info", "files-as-before", message.filesAsBefore(number), { generation: number });
}

/**
 * Nobody of the serving generation is left, and nobody can be started: what is on disk is loaded,
 * as by a reload that nobody has asked for. One that fails is tried again after growing waits.
 */
export function replaceLost(turn: Turn): void {
  const { state } = turn;
  const serving = servingGeneration(state);
  if (serving === undefined || !isLost(state) || turn.now < state.respawn.notBeforeMs) return;
  if (state.bake !== undefined) return rollBack(turn, message.nobodyLeft);
  const { number, settings } = serving;
  const words = message.generationLost(number, serving.isForeign === true);
  turn.log("error", "generation-lost", words, { generation: number });
  turn.set({
    reloadWantedBy: message.nobodyLeft,
    respawn: afterCrash(state.respawn, settings.respawn, turn.now),
  });
}

/** Whether the serving generation has no worker, and can get none, and nothing else is wanted. */
export function isLost(state: State): boolean {
  const serving = servingGeneration(state);
  if (serving === undefined || canGrow(serving)) return false;
  if (isStopping(state) || isBusyHandingOver(state)) return false;
  if (state.rollout.name !== "none" || state.reloadWantedBy !== undefined) return false;
  const { number } = serving;
  return ![...state.workers.values()].some((it) => it.generation === number && isAlive(it));
}
