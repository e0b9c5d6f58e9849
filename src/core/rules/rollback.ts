// Rollback: the generation in standby takes all new connections again, at once, and the one that
// has replaced it goes. Nothing is loaded. In a canary the old generation never was away: the new
// one goes.

import type { EventOf } from "../events.ts";
import { message, refusal } from "../messages.ts";
import { announce } from "../moves/announce.ts";
import { answer, undoReload } from "../moves/answers.ts";
import { NO_CRASHES } from "../moves/crashes.ts";
import { abandonGeneration, resumeGeneration } from "../moves/generations.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { trialOf } from "../moves/trial.ts";
import { canaryOf, isStopping, readyOf, servingGeneration } from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Generation, State } from "../state.ts";
import type { Turn } from "../turn.ts";

export function onRollbackRequested(turn: Turn, { by, id }: EventOf<"rollback-requested">): void {
  const { state } = turn;
  const reason = isStopping(state) ? refusal.stopping : whyNoRollback(turn);
  if (reason !== undefined) {
    turn.log("warn", "rollback-refused", message.refused(by, reason), { by, reason });
    return answer(turn, id, { ok: false, reason });
  }
  turn.log("warn", "rollback-requested", message.rollbackReceived(by), { by });
  const why = message.rollbackAskedFor(by);
  // Whoever wants the old version wants no newer one either.
  rejectRollout(turn, why, "warn");
  rollBack(turn, why, "warn");
  turn.set({ reloadWantedBy: undefined });
  const serving = servingGeneration(turn.state);
  answer(turn, id, { ok: true, ...(serving && strengthOf(turn.state, serving)) });
}

/** How many workers it has, and what keeps those that it lacks. */
function strengthOf(state: State, { number: generation, target, outdated }: Generation) {
  const workers = readyOf(state, generation);
  const strength = { generation, workers, wanted: target };
  if (workers >= target) return strength;
  const lack =
    outdated === undefined ? "the others are starting" : refusal.filesChanged(outdated, generation);
  return { ...strength, lack };
}

function whyNoRollback({ state }: Turn): string | undefined {
  return canaryOf(state) === undefined && state.bake === undefined
    ? refusal.nothingInStandby
    : undefined;
}

/**
 * The new version is bad, whatever its figures say: goes back, if it is on trial.
 * @param reason for the log and the receipt
 * @returns whether it was on trial
 */
export function endTrialAsBad(turn: Turn, generation: number, reason: string): boolean {
  if (trialOf(turn.state, generation) === undefined) return false;
  if (canaryOf(turn.state) === undefined) rollBack(turn, reason);
  else rejectRollout(turn, reason);
  return true;
}

/** The generation in standby serves again. @param reason for the log and the receipt */
export function rollBack(turn: Turn, reason: string, level: "warn" | "error" = "error"): void {
  const { bake, serving, rollout } = turn.state;
  if (bake === undefined || serving === undefined) return;
  const sharing = sharingOf(turn.state);
  const before = sharing.addresses(turn.state);
  const wasSecure = turn.state.settings.isSecure === true;
  turn.emit({ type: "end-comparison", generation: serving });
  resumeGeneration(turn, bake.standby);
  const old = turn.generation(bake.standby);
  turn.set({ bake: undefined, serving: old.number, settings: old.settings, respawn: NO_CRASHES });
  // A reload that has begun since replaces what serves now.
  if (rollout.name !== "none") {
    const next = turn.state.generations.get(rollout.generation);
    if (next !== undefined) turn.putGeneration({ ...next, replaces: old.number });
  }
  sharing.settle(turn);
  turn.emit({ type: "use-config", generation: old.number });
  const words = message.rolledBack(serving, old.number, reason);
  turn.log(level, "rolled-back", words, { generation: serving, serving: old.number, reason });
  announce(turn, before, old, wasSecure);
  abandonGeneration(turn, serving, reason);
  undoReload(turn, serving, reason);
}
