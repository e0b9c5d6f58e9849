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
  canaryGeneration,
  isAlive,
  isBusyHandingOver,
  isInRollout,
  isStopping,
  servingGeneration,
} from "../predicates.ts";
import { FILES_PAUSE_MS } from "../settings.ts";
import type { Generation, State, Worker } from "../state.ts";
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
  const lookAtMs = turn.now + FILES_PAUSE_MS;
  turn.putGeneration({ ...generation, outdated: { files, lookAtMs } });
}

export function onFilesLookedAt(
  turn: Turn,
  { generation: number, changed }: EventOf<"files-looked-at">,
): void {
  const generation = turn.state.generations.get(number);
  if (generation?.outdated === undefined) return;
  if (changed.length > 0) {
    const outdated = { ...generation.outdated, files: changed };
    return turn.putGeneration({ ...generation, outdated });
  }
  turn.putGeneration({ ...generation, outdated: undefined });
  turn.log("info", "files-as-before", message.filesAsBefore(number), { generation: number });
}

/** Looks again at the files of generations whose slots are empty because of them. */
export function lookAtFiles(turn: Turn): void {
  for (const generation of keptOf(turn.state)) {
    const { outdated, number } = generation;
    if (outdated === undefined || turn.now < outdated.lookAtMs) continue;
    const lookAtMs = turn.now + FILES_PAUSE_MS;
    turn.putGeneration({ ...generation, outdated: { ...outdated, lookAtMs } });
    turn.emit({ type: "look-at-files", generation: number });
  }
}

/** When the next look is due. */
export function lookTimes(state: State): number[] {
  return keptOf(state).flatMap(({ outdated }) => outdated?.lookAtMs ?? []);
}

function keptOf(state: State): Generation[] {
  if (isStopping(state)) return [];
  const kept = [servingGeneration(state), canaryGeneration(state)];
  return kept.filter((it) => it !== undefined);
}

/**
 * Nobody of the serving generation is left, and nobody can be started: what is on disk is loaded,
 * as by a reload that nobody has asked for. One that fails is tried again after growing waits.
 */
export function replaceLost(turn: Turn): void {
  const { state } = turn;
  const serving = servingGeneration(state);
  if (serving?.outdated === undefined || isStopping(state) || isBusyHandingOver(state)) return;
  if (state.rollout.name !== "none" || state.reloadWantedBy !== undefined) return;
  if (turn.now < state.respawn.notBeforeMs) return;
  if (turn.workersOf(serving.number).some(isAlive)) return;
  const { number, settings } = serving;
  if (state.bake !== undefined) return rollBack(turn, message.nobodyLeft);
  turn.log("error", "generation-lost", message.generationLost(number), { generation: number });
  turn.set({
    reloadWantedBy: message.nobodyLeft,
    respawn: afterCrash(state.respawn, settings.respawn, turn.now),
  });
}
