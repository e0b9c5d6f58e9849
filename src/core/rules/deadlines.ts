// Every wait has a deadline, and they are all kept here: when the next one comes, and what happens
// then.

import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import type { Sharing } from "../sharing/sharing.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import {
  verifyTimeoutMs,
  canGrow,
  canaryGeneration,
  canaryOf,
  emptySlots,
  isBusyHandingOver,
  isGivingWay,
  isShuttingDown,
  readyOf,
  standbyGenerationOf,
} from "../predicates.ts";
import { expireSuccession } from "./handover-end.ts";
import { expireDrains } from "./commands.ts";
import { leaseEnds } from "./leader.ts";
import { isLost } from "./outdated.ts";
import { onLost } from "./respawn.ts";
import { roomForOld } from "./rolling.ts";
import { onConfigRejected } from "./rollout.ts";
import { drainAll } from "./shutdown.ts";
import { CONFIG_TIMEOUT_MS, KILL_GRACE_MS } from "../settings.ts";
import { refuseRollout } from "../moves/rejection.ts";
import type { Generation, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { forceWorker, killWorker, tellForced } from "../moves/workers.ts";

/** The next time at which a `tick` changes something; `undefined` if nothing waits for a time. */
export function nextDeadline(state: State): number | undefined {
  if (state.exited || state.succession.name === "granted") return undefined;
  const times = sharingOf(state).deadlines(state);
  for (const { phase } of state.workers.values()) {
    if ("deadlineMs" in phase) times.push(phase.deadlineMs);
  }
  for (const command of state.commands.values()) {
    if ("deadlineMs" in command) times.push(command.deadlineMs);
  }
  if (state.bindLock !== undefined) times.push(state.bindLock.deadlineMs);
  if ("deadlineMs" in state.succession) times.push(state.succession.deadlineMs);
  if ("deadlineMs" in state.rollout) times.push(state.rollout.deadlineMs);
  times.push(...trialTimes(state), ...leaseEnds(state));
  if (state.stop.name === "announced") times.push(state.stop.drainAtMs);
  const kept = isGivingWay(state) ? undefined : sharingOf(state).generationToFill(state);
  const isWaiting = waitsToRespawn(state, kept) || isLost(state);
  if (isWaiting) times.push(state.respawn.notBeforeMs);
  const canary = canaryOf(state);
  if (canary !== undefined && waitsToRespawn(state, canaryGeneration(state))) {
    times.push(canary.respawn.notBeforeMs);
  }
  const { bake } = state;
  if (bake !== undefined && waitsToRespawn(state, standbyGenerationOf(state))) {
    times.push(bake.respawn.notBeforeMs);
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

/** When a trial has to be looked at. */
function trialTimes(state: State): number[] {
  const { rollout, bake } = state;
  const times = bake === undefined ? [] : [bake.trial.measureAtMs];
  if (rollout.name !== "canary") return times;
  const { trial, verify, next } = rollout;
  if (next?.name === "checking") times.push(next.deadlineMs);
  times.push(trial.measureAtMs);
  // Until then it waits for a worker to look at.
  if (verify.name === "due" && readyOf(state, rollout.generation) > 0) times.push(verify.atMs);
  if (verify.name === "running") times.push(verify.deadlineMs);
  return times;
}

function waitsToRespawn(state: State, generation: Generation | undefined): boolean {
  if (generation === undefined || isShuttingDown(state)) return false;
  if (!canGrow(generation)) return false;
  if (isBusyHandingOver(state)) return false;
  return roomForOld(state, emptySlots(state, generation).length) > 0;
}

/** Acts on every deadline that has come. */
export function expire(turn: Turn): void {
  expireDrains(turn);
  const { stop, bindLock, rollout } = turn.state;
  if (rollout.name === "configuring" && turn.now >= rollout.deadlineMs) {
    onConfigRejected(turn, rollout.generation, message.configTooSlow(CONFIG_TIMEOUT_MS));
  }
  if (rollout.name === "verifying" && turn.now >= rollout.deadlineMs) {
    refuseRollout(
      turn,
      message.verifyTooSlow(verifyTimeoutMs(turn.generation(rollout.generation))),
    );
  }
  if (stop.name === "announced" && turn.now >= stop.drainAtMs) drainAll(turn, stop.mode);
  expireSuccession(turn);
  const sharing = sharingOf(turn.state);
  for (const worker of turn.state.workers.values()) {
    sharing.expire(turn, worker);
    expireWorker(turn, turn.worker(worker.id), sharing);
  }
  if (bindLock !== undefined && turn.now >= bindLock.deadlineMs) expireBind(turn, bindLock.worker);
}

function expireWorker(turn: Turn, worker: Worker, sharing: Sharing): void {
  const { phase } = worker;
  if (!("deadlineMs" in phase) || turn.now < phase.deadlineMs) return;
  switch (phase.name) {
    case "spawning":
    case "loading":
    case "binding": {
      const { startupTimeoutMs, appLabel, isDev } = turn.generation(worker.generation).settings;
      const doing = message.doing(phase.name, appLabel);
      const { id, generation } = worker;
      const isOutdated = isDev === true && turn.state.reloadWantedBy !== undefined;
      const late = isOutdated
        ? message.outdated(id, generation, doing)
        : message.notReady(id, generation, doing, startupTimeoutMs);
      const isAwaited = sharing.isAwaited(turn.state, worker);
      killLost(turn, worker, isAwaited ? message.bindHung(id, generation) : late);
      return;
    }
    case "draining":
      forceWorker(turn, worker, phase.timeoutMs);
      return;
    case "orphaned": {
      const words = message.forced(worker.id, worker.generation, phase.timeoutMs, undefined);
      turn.log("warn", "worker-forced", words, aboutWorker(worker));
      killWorker(turn, worker);
      return;
    }
    case "stopping":
      tellForced(turn, worker, undefined);
      if (!phase.killed && phase.forced === undefined) {
        const words = message.killed(worker.id, worker.generation);
        turn.log("warn", "worker-killed", words, aboutWorker(worker));
      }
      killWorker(turn, turn.worker(worker.id));
      return;
    default:
      phase satisfies never;
  }
}

/** The holder of the bind lock hangs. It is killed, and its exit frees the lock. */
function expireBind(turn: Turn, id: number): void {
  turn.set({ bindLock: { worker: id, deadlineMs: turn.now + KILL_GRACE_MS } });
  const worker = turn.worker(id);
  // A worker that binds while it is ready is listening again: `bindsAgain` of sharing.ts.
  if (worker.phase.name === "binding" || worker.phase.name === "ready") {
    killLost(turn, worker, message.bindHung(worker.id, worker.generation));
  } else {
    killWorker(turn, worker);
  }
}

function killLost(turn: Turn, worker: Worker, reason: string): void {
  turn.log("error", "worker-not-ready", reason, aboutWorker(worker));
  killWorker(turn, worker);
  onLost(turn, worker, reason);
}
