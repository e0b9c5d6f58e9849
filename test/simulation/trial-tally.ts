// What has happened to new generations on their way, counted.

import type { Event } from "../../src/core/events.ts";
import { canaryOf } from "../../src/core/predicates.ts";
import type { State } from "../../src/core/state.ts";

export interface TrialTally {
  canaries: number;
  canariesPromoted: number;
  canariesBack: number;
  bakes: number;
  bakesBack: number;
  verifications: number;
  rollings: number;
  rollingsDone: number;
  restarts: number;
  restartsDone: number;
  /** Workers that ended where nobody had asked them to, by what went on. */
  crashesInCanary: number;
  crashesInBake: number;
  crashesInStandby: number;
  crashesInVerify: number;
  crashesInRolling: number;
  crashesInRestart: number;
}

export function newTrialTally(): TrialTally {
  return {
    canaries: 0,
    canariesPromoted: 0,
    canariesBack: 0,
    bakes: 0,
    bakesBack: 0,
    verifications: 0,
    rollings: 0,
    rollingsDone: 0,
    restarts: 0,
    restartsDone: 0,
    crashesInCanary: 0,
    crashesInBake: 0,
    crashesInStandby: 0,
    crashesInVerify: 0,
    crashesInRolling: 0,
    crashesInRestart: 0,
  };
}

export function countTrials(tally: TrialTally, before: State, after: State, event: Event): void {
  const { rollout, bake } = before;
  const canary = canaryOf(before)?.generation;
  const now = canaryOf(after)?.generation;
  if (now !== undefined && now !== canary) tally.canaries += 1;
  if (canary !== undefined && now !== canary) {
    if (after.serving === canary) tally.canariesPromoted += 1;
    else tally.canariesBack += 1;
  }
  if (after.bake !== undefined && after.bake.standby !== bake?.standby) tally.bakes += 1;
  if (bake !== undefined && after.serving === bake.standby) tally.bakesBack += 1;
  if (after.rollout.name === "verifying" && rollout.name !== "verifying") tally.verifications += 1;
  const [wasRolling, isNowRolling] = [isRolling(before), isRolling(after)];
  if (isNowRolling && !wasRolling) tally.rollings += 1;
  const isDone = after.serving !== before.serving;
  if (wasRolling && !isNowRolling && isDone) tally.rollingsDone += 1;
  if (after.rollout.name === "emptying" && rollout.name !== "emptying") tally.restarts += 1;
  if (isRestarting(before) && isDone) tally.restartsDone += 1;
  if (event.type === "worker-exited") countCrash(tally, before, event.worker);
}

function countCrash(tally: TrialTally, before: State, id: number): void {
  const worker = before.workers.get(id);
  if (worker === undefined) return;
  const { name } = worker.phase;
  if (name === "stopping" || name === "exited" || name === "orphaned") return;
  if (name === "standby") tally.crashesInStandby += 1;
  if (before.rollout.name === "canary") tally.crashesInCanary += 1;
  if (before.rollout.name === "verifying") tally.crashesInVerify += 1;
  if (before.bake !== undefined) tally.crashesInBake += 1;
  if (isRolling(before)) tally.crashesInRolling += 1;
  if (isRestarting(before)) tally.crashesInRestart += 1;
}

function isRolling({ rollout }: State): boolean {
  return "rolling" in rollout && rollout.rolling !== undefined;
}

/** From the moment when the old generation is told to end. */
function isRestarting({ rollout, generations }: State): boolean {
  if (rollout.name === "emptying") return true;
  if (rollout.name === "none") return false;
  return generations.get(rollout.generation)?.gapSinceMs !== undefined;
}
