// A new generation that will not serve: a rejected reload leaves the old one as it was; a start or
// a takeover fails.

import { message } from "../messages.ts";
import { hadClients, isStopping } from "../predicates.ts";
import type { State } from "../state.ts";
import type { Turn } from "../turn.ts";
import { endReload, undoReload } from "./answers.ts";
import { abandonGeneration, forgetGeneration } from "./generations.ts";
import { killWorker } from "./workers.ts";

/** The operator's command has said no, or nothing: the rollout ends. */
export function refuseRollout(turn: Turn, reason: string): void {
  const { rollout } = turn.state;
  if (rollout.name === "none") return;
  turn.log("error", "verify-failed", reason, { generation: rollout.generation });
  rejectRollout(turn, reason);
}

/**
 * Ends the current rollout without steering to it. One that has had clients is rolled back. The log
 * already says why.
 * @param level `warn`: somebody wanted it
 */
export function rejectRollout(turn: Turn, reason: string, level: "warn" | "error" = "error"): void {
  const { rollout, serving } = turn.state;
  if (rollout.name === "none") return;
  if (turn.state.succession.name === "pending") return giveUpTakeover(turn);
  endTrial(turn, rollout);
  restoreOld(turn, rollout);
  turn.set({ rollout: { name: "none" } });
  const { generation } = rollout;
  const isBack = hadClients(rollout);
  abandonGeneration(turn, generation, isBack ? reason : undefined);
  if (serving === undefined) {
    failStart(turn, generation, reason);
    return;
  }
  if (isBack) {
    const words = message.rolledBack(generation, serving, reason);
    const about = { generation, serving, reason };
    if (!isStopping(turn.state)) turn.log(level, "rolled-back", words, about);
    return undoReload(turn, generation, reason);
  }
  if (!isStopping(turn.state)) {
    const { gapSinceMs, outdated } = turn.generation(serving);
    const inGap = gapSinceMs !== undefined;
    const words = inGap ? message.reloadFailedInGap(serving, outdated) : message.reloadFailed;
    turn.log(level, "reload-failed", words, { generation });
  }
  endReload(turn, generation, "rejected", reason);
}

/** Old workers that have made room for new ones are started again. */
function restoreOld(turn: Turn, rollout: State["rollout"]): void {
  const rolling = "rolling" in rollout ? rollout.rolling : undefined;
  const { serving } = turn.state;
  if (rolling === undefined || serving === undefined) return;
  turn.putGeneration({ ...turn.generation(serving), target: rolling.oldTarget });
}

/** Nobody measures the generation any more, nor waits for the operator's command. */
function endTrial(turn: Turn, rollout: Exclude<State["rollout"], { readonly name: "none" }>): void {
  const { name, generation } = rollout;
  if (name === "canary") turn.emit({ type: "end-comparison", generation });
  const isAwaited = name === "canary" && rollout.verify.name === "running";
  if (name === "verifying" || isAwaited) turn.emit({ type: "end-verify", generation });
}

/** Nothing serves, and there is nothing to go back to. */
function failStart(turn: Turn, generation: number, reason: string): void {
  if (isStopping(turn.state)) return;
  turn.log("error", "start-failed", message.startFailed);
  if (turn.state.settings.isDev === true) {
    turn.set({ startsAtReload: true, respawn: { crashesMs: [], notBeforeMs: 0 } });
    return endReload(turn, generation, "rejected", reason);
  }
  turn.set({ exitCode: 1, stop: { name: "draining", mode: "now" } });
  for (const worker of turn.state.workers.values()) {
    const { name } = worker.phase;
    const ending = name === "stopping" || name === "orphaned" || name === "exited";
    if (!ending) killWorker(turn, worker);
  }
}

/** A master that cannot take over, or no longer should, ends and leaves its predecessor alone. */
export function giveUpTakeover(turn: Turn): void {
  const { rollout, serving } = turn.state;
  if (rollout.name !== "none") abandonGeneration(turn, rollout.generation);
  turn.set({
    rollout: { name: "none" },
    succession: { name: "failed" },
    serving: undefined,
    exitCode: 1,
    stop: { name: "draining", mode: "now" },
    reloadWantedBy: undefined,
  });
  if (serving === undefined) return;
  for (const { id } of turn.workersOf(serving)) turn.forgetWorker(id);
  forgetGeneration(turn, serving);
}
