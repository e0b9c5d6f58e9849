// The control loop's one step: an event changes the state, and the rules bring the rest in line.
//
// `step(state, event, now)` gives the next state and the effects to perform, in order. First the
// event is taken in as a fact; then deadlines that have come are acted on; then each rule, in a
// fixed order, does whatever the state now calls for. A rule that finds nothing to do does nothing,
// so any event may be followed by any other. Where a HUP goes: `onReloadRequested` and
// `beginRollout` in rollout.ts.

import {
  beginHandover,
  giveUpHandover,
  onHandoverClaimed,
  onHandoverFailed,
  onHandoverRequested,
} from "./rules/handover.ts";
import { onDrainRequested, refuseLate, settleCommands, tellHealth } from "./rules/commands.ts";
import { divertGroups, onDivertRefused, onQuietRefused } from "./rules/diversion.ts";
import { expire } from "./rules/deadlines.ts";
import { judge } from "./expected.ts";
import type { Effect } from "./effects.ts";
import { consequenceOf } from "./effect-failed.ts";
import type { Event, WorkerEvent } from "./events.ts";
import { aboutWorker } from "./log-fields.ts";
import { message } from "./messages.ts";
import { onSteeringRefused, onSteeringWorks } from "./sharing/kernel.ts";
import { sharingOf } from "./sharing/sharing-of.ts";
import { releaseBindLock } from "./moves/listeners.ts";
import { hasHandedOver, isStarting } from "./predicates.ts";
import { drainReplaced, onWorkerUncaught, replaceWorker } from "./rules/recycle.ts";
import { fillSlots, onLost } from "./rules/respawn.ts";
import {
  beginRollout,
  completeRollout,
  onConfigLoaded,
  onConfigRejected,
  onReloadRequested,
  onWorkerLoaded,
  retireGenerations,
} from "./rules/rollout.ts";
import { cullSurplus, onScaleRequested } from "./rules/scale.ts";
import { completeStop, onStopRequested, resumeStop } from "./rules/shutdown.ts";
import type { State, Worker } from "./state.ts";
import { closeListeners, grantBind, onListenerReleased, onWorkerBound } from "./rules/listeners.ts";
import { onPredecessorEnded, onTakeoverGranted } from "./rules/takeover.ts";
import { Turn } from "./turn.ts";
import { stopWorker, tellForced } from "./moves/workers.ts";

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** @param now milliseconds on a clock that never goes back; the same clock for every step. */
export function step(state: State, event: Event, now: number): Step {
  const turn = new Turn(state, now);
  if (state.exited || hasHandedOver(state)) {
    refuseLate(turn, event);
    return { state, effects: turn.effects };
  }
  takeIn(turn, event);
  if (!hasHandedOver(turn.state)) applyRules(turn);
  settleCommands(turn);
  tellHealth(turn);
  if (turn.state.exited) turn.emit({ type: "exit", code: turn.state.exitCode });
  return { state: turn.state, effects: turn.effects };
}

function applyRules(turn: Turn): void {
  resumeStop(turn);
  const sharing = sharingOf(turn.state);
  expire(turn);
  giveUpHandover(turn);
  beginRollout(turn);
  cullSurplus(turn);
  completeRollout(turn);
  drainReplaced(turn);
  sharing.moveListeners(turn);
  closeListeners(turn);
  divertGroups(turn);
  grantBind(turn);
  // Spawning holds the master up for a moment each time: whoever can bind is told so before.
  fillSlots(turn);
  sharing.settle(turn);
  retireGenerations(turn);
  beginRollout(turn);
  beginHandover(turn);
  completeStop(turn);
}

function takeIn(turn: Turn, event: Event): void {
  switch (event.type) {
    case "tick":
      return;
    case "reload-requested":
      return onReloadRequested(turn, event);
    case "stop-requested":
      return onStopRequested(turn, event);
    case "scale-requested":
      return onScaleRequested(turn, event);
    case "drain-requested":
      return onDrainRequested(turn, event);
    case "handover-requested":
      return onHandoverRequested(turn, event.by);
    case "handover-claimed":
      return onHandoverClaimed(turn);
    case "handover-failed":
      return onHandoverFailed(turn, event.reason, event.nextWorker);
    case "takeover-granted":
      return onTakeoverGranted(turn, event.reload, event.ended);
    case "predecessor-ended":
      return onPredecessorEnded(turn, event.workers);
    case "config-loaded":
      return onConfigLoaded(turn, event.settings);
    case "config-rejected":
      return onConfigRejected(turn, event.reason);
    case "steering-refused":
      return onSteeringRefused(turn, event.reason);
    case "steering-works":
      return onSteeringWorks(turn);
    case "quiet-refused":
      return onQuietRefused(turn, event.worker, event.address);
    case "divert-refused":
      return onDivertRefused(turn, event.address);
    case "effect-failed":
      return onEffectFailed(turn, event.effect, event.reason);
    default:
      return takeInWorker(turn, event);
  }
}

/** Nothing is lost silently: what failed is taken for what it would have led to, or told. */
function onEffectFailed(turn: Turn, effect: Effect, reason: string): void {
  const consequence = consequenceOf(effect, reason);
  if (consequence !== undefined) return takeIn(turn, consequence);
  const words = message.effectFailed(effect.type, reason);
  turn.log("error", "effect-failed", words, { effect: effect.type, reason });
}

/** What a worker says. One that is unknown by now, as after a kill, has nothing more to say. */
function takeInWorker(turn: Turn, event: WorkerEvent): void {
  const worker = turn.state.workers.get(event.worker);
  if (worker === undefined || worker.phase.name === "exited") return;
  const verdict = judge(turn.state, worker, event);
  if (verdict === "late") return;
  if (verdict === "impossible") {
    const { id, generation, phase } = worker;
    const what = message.misplaced(event.type, phase.name);
    return onBroken(turn, worker, message.broken(id, generation, what));
  }
  switch (event.type) {
    case "worker-started":
      if (worker.phase.name !== "spawning") return;
      return turn.setPhase(worker.id, { ...worker.phase, name: "loading" });
    case "worker-loaded":
      return onWorkerLoaded(turn, worker);
    case "worker-bound":
      return onWorkerBound(turn, worker, event.addresses);
    case "worker-ready":
      if (worker.phase.name === "binding") turn.setPhase(worker.id, { name: "ready" });
      return;
    case "worker-failed":
      return onWorkerFailed(turn, worker, event.reason);
    case "worker-uncaught":
      return onWorkerUncaught(turn, worker, event.error);
    case "worker-idle":
      return onWorkerIdle(turn, worker, event.needsTime === true);
    case "listener-released":
      return onListenerReleased(turn, worker, event.address);
    case "worker-forced":
      return tellForced(turn, worker, event.unfinished);
    case "worker-exited":
      return onWorkerExited(turn, worker, event.how);
    default:
      event satisfies never;
  }
}

/**
 * The worker cannot start; it says why and ends by itself, or is killed a moment later. Of one that
 * is on its way out already, as after another has failed, the reason is not told again; if it has
 * served, its requests weigh more than what it says, and it has its deadline.
 */
function onWorkerFailed(turn: Turn, worker: Worker, reason: string): void {
  const { phase } = worker;
  if (phase.name === "draining" && phase.hasServed !== true) stopWorker(turn, worker);
  if (worker.phase.name === "ready") {
    const wasAgain = sharingOf(turn.state).onBindFailed(turn, worker, reason);
    if (!wasAgain) onBroken(turn, worker, reason);
  }
  if (isStarting(worker)) onBroken(turn, worker, reason);
}

/**
 * Nothing that the worker says can be relied on: it has to go. One that serves may have requests,
 * which weigh more than what it says: it is replaced first.
 */
function onBroken(turn: Turn, worker: Worker, reason: string): void {
  turn.log("error", "worker-failed", reason, aboutWorker(worker));
  if (worker.phase.name === "ready") return replaceWorker(turn, worker, reason);
  if (!isStarting(worker)) return;
  stopWorker(turn, worker);
  onLost(turn, worker, reason);
}

function onWorkerIdle(turn: Turn, worker: Worker, needsTime: boolean): void {
  const { phase } = worker;
  if (phase.name !== "draining") return;
  const words = message.idle(worker.id, worker.generation);
  turn.log("info", "worker-idle", words, aboutWorker(worker));
  // What is left of the time to drain is for the app's own signal handlers.
  stopWorker(turn, worker, needsTime ? phase.deadlineMs : 0);
}

function onWorkerExited(turn: Turn, worker: Worker, how: string): void {
  tellForced(turn, worker, undefined);
  turn.setPhase(worker.id, { name: "exited" });
  releaseBindLock(turn, worker.id);
  const { phase, id, generation } = worker;
  switch (phase.name) {
    case "spawning":
    case "loading":
    case "binding": {
      const { appLabel } = turn.generation(generation).settings;
      const doing = message.doing(phase.name, appLabel);
      const reason = message.endedEarly(id, generation, doing, how);
      turn.log("error", "worker-ended-early", reason, { ...aboutWorker(worker), how });
      return onLost(turn, worker, reason);
    }
    case "ready": {
      const reason = message.crashed(id, generation, how);
      turn.log("error", "worker-crashed", reason, { ...aboutWorker(worker), how });
      return onLost(turn, worker, reason);
    }
    case "draining": {
      const words = message.crashed(id, generation, how);
      return turn.log("warn", "worker-crashed", words, { ...aboutWorker(worker), how });
    }
    case "orphaned": {
      const words = message.orphanEnded(id, generation);
      return turn.log("info", "worker-ended", words, { ...aboutWorker(worker), how });
    }
    case "stopping":
    case "exited":
      return;
    default:
      phase satisfies never;
  }
}
