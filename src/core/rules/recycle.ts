// A worker whose app has thrown outside a request, or that has sent an impossible message. It may
// be in any state, and still has requests. So it is first replaced and then drained, and nothing is
// lost.
//
// It counts as a crash: the replacement waits as after a crash. If the crash budget is spent, the
// worker keeps serving, because a version that throws all the time would be restarted all the time;
// if the version is on trial, the old one takes over again.
// It also keeps serving where addresses are not shared: there each replacement would cost requests.

import type { EventOf } from "../events.ts";
import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import { afterCrash, budgetIsSpent } from "../moves/backoff.ts";
import { respawnOf, setRespawn } from "../moves/crashes.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { noteTrouble } from "../moves/trial.ts";
import { canaryOf, isInRollout, getsReplaced, keptGeneration } from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { endTrialAsBad } from "./rollback.ts";
import { retireWorker } from "../moves/workers.ts";
import { canSpareOne, takeOverShort } from "./rolling.ts";

/**
 * The app has thrown and did not catch it. If its version does not serve yet, that counts against
 * the version; a worker that is leaving anyway keeps leaving.
 */
export function onWorkerUncaught(
  turn: Turn,
  worker: Worker,
  { error, times }: EventOf<"worker-uncaught">,
): void {
  const { id, generation, phase } = worker;
  if (phase.name !== "ready") return;
  const { uncaught } = turn.generation(generation).settings.respawn;
  noteTrouble(turn, generation, times);
  const isCanary = canaryOf(turn.state)?.generation === generation;
  const isNew = !isCanary && generation !== keptGeneration(turn.state)?.number;
  if (!isNew && turn.state.serving !== undefined && uncaught !== "recycle") return;
  replaceWorker(turn, worker, message.threwOutside(id, generation, error));
}

/**
 * Replaces a worker that serves. If its version does not serve yet, rejects the version.
 * @param reason for the log
 */
export function replaceWorker(turn: Turn, worker: Worker, reason: string): void {
  const { phase } = worker;
  if (phase.name !== "ready" || phase.recycle === "wanted") return;
  // A server that was claimed may already be ours: from then on a worker is replaced, as in any
  // server.
  const isClaimed = turn.state.succession.name === "claimed";
  const isUnserved = isInRollout(turn.state, worker) && canaryOf(turn.state) === undefined;
  if (isUnserved && !isClaimed && !takeOverShort(turn)) return rejectRollout(turn, reason);
  if (getsReplaced(turn.state, worker)) recycle(turn, worker, reason);
}

function recycle(turn: Turn, worker: Worker, reason: string): void {
  const { respawn: settings } = turn.generation(worker.generation).settings;
  const { phase, id, generation } = worker;
  if (phase.name !== "ready") return;
  const isSpent = budgetIsSpent(respawnOf(turn.state, generation), settings, turn.now);
  const respawn = afterCrash(respawnOf(turn.state, generation), settings, turn.now);
  const spent = message.budgetSpentBy(respawn.crashesMs.length, settings.windowMs, reason);
  if (budgetIsSpent(respawn, settings, turn.now) && endTrialAsBad(turn, generation, spent)) return;
  const { oneWorkerOnly } = sharingOf(turn.state);
  const why = isSpent ? message.budgetSpent(settings.maxCrashes, settings.windowMs) : oneWorkerOnly;
  if (why !== undefined) {
    if (phase.recycle === "put-off") return;
    turn.setPhase(id, { ...phase, recycle: "put-off" });
    turn.log("error", "recycle-put-off", message.recyclePutOff(id, generation, why), {
      ...aboutWorker(worker),
      reason: why,
    });
    return;
  }
  setRespawn(turn, generation, respawn);
  turn.setPhase(id, { ...phase, recycle: "wanted" });
  const delayMs = Math.max(0, respawn.notBeforeMs - turn.now);
  const words = message.recycling(id, generation, delayMs);
  turn.log("warn", "worker-recycled", words, { ...aboutWorker(worker), delay_ms: delayMs });
}

/** Drains each worker whose replacement is ready. */
export function drainReplaced(turn: Turn): void {
  for (const worker of turn.state.workers.values()) {
    const { id, phase, generation, slot, worn } = worker;
    if (phase.name !== "ready" || phase.recycle !== "wanted") continue;
    const isReplaced = turn
      .workersOf(generation)
      .some((other) => other.slot === slot && other.id > worker.id && other.phase.name === "ready");
    if (!isReplaced || !canSpareOne(turn.state)) continue;
    const { reloadTimeoutMs } = turn.generation(generation).settings;
    // Not before: its replacement may not start.
    if (worn !== undefined) turn.emit({ type: "worker-recycled", worker: id, why: worn.why });
    retireWorker(turn, worker, "recycle", reloadTimeoutMs);
  }
}
