// The control loop's one step: an event changes the state, and the rules bring the rest in line.
//
// `step(state, event, now)` gives the next state and the effects to perform, in order. First the
// event is recorded as a fact; then deadlines that have come are acted on; then each rule, in a
// fixed order, does whatever the state now calls for. A rule that finds nothing to do does nothing,
// so any event may be followed by any other. Where a HUP goes: `onReloadRequested` and
// `beginRollout` in rollout.ts.

import { onEventAfterGrant } from "./rules/after-grant.ts";
import {
  beginHandover,
  onHandoverRequested,
  onSuccessorClaimed,
  onSuccessorSaidHello,
  onSuccessorSpawned,
  onSuccessorStarted,
} from "./rules/handover.ts";
import {
  abort,
  giveUpHandover,
  onSuccessorExited,
  onSuccessorGone,
  onSuccessorNotStarted,
} from "./rules/handover-end.ts";
import { goOnWithBake, onBakeMeasured } from "./rules/bake.ts";
import { goOnWithCanary, onCanaryMeasured } from "./rules/canary.ts";
import { completeRollout, onVerified } from "./rules/completion.ts";
import { onFilesLookedAt, replaceLost } from "./rules/outdated.ts";
import { goOnWithRestart, tellGap } from "./rules/restart.ts";
import { onConfigChecked } from "./rules/newer-version.ts";
import { giveWay } from "./rules/rolling.ts";
import { onRollbackRequested } from "./rules/rollback.ts";
import { onDrainRequested, refuseLate, settleCommands, tellHealth } from "./rules/commands.ts";
import { divertGroups, onDivertRefused, onQuietRefused } from "./rules/diversion.ts";
import { expire } from "./rules/deadlines.ts";
import type { Effect } from "./effects.ts";
import { consequenceOf } from "./effect-failed.ts";
import type { Event, EventOf } from "./events.ts";
import { message } from "./messages.ts";
import { onSteeringRefused, onSteeringWorks } from "./sharing/kernel.ts";
import { sharingOf } from "./sharing/sharing-of.ts";
import { canaryOf, hasHandedOver } from "./predicates.ts";
import { appointLeader } from "./rules/leader.ts";
import { drainReplaced } from "./rules/recycle.ts";
import { fillSlots } from "./rules/respawn.ts";
import { redirectWebSockets } from "./rules/redirect.ts";
import { onReloadRequested, tellWait } from "./rules/reload-request.ts";
import { retireGenerations } from "./rules/retirement.ts";
import { beginRollout, onConfigLoaded, onConfigRejected } from "./rules/rollout.ts";
import { linkWorkers } from "./rules/links.ts";
import { spreadClients } from "./rules/spread.ts";
import { cullSurplus, onScaleRequested, refuseOutdatedScaling } from "./rules/scale.ts";
import { completeStop, onStopRequested, onTerminalClosed, resumeStop } from "./rules/shutdown.ts";
import type { State } from "./state.ts";
import { closeListeners, grantBind } from "./rules/listeners.ts";
import { onPredecessorEnded, onTakeoverGranted } from "./rules/takeover.ts";
import { onWorkersMeasured, replaceWorn } from "./rules/wear.ts";
import { Turn } from "./turn.ts";
import { applyWorker } from "./rules/worker-events.ts";

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** @param now milliseconds on a clock that never goes back; the same clock for every step. */
export function step(state: State, event: Event, now: number): Step {
  const turn = new Turn(state, now);
  if (state.exited || hasHandedOver(state)) {
    if (!state.exited) onEventAfterGrant(turn, event);
    refuseLate(turn, event);
    return { state: turn.state, effects: turn.effects };
  }
  apply(turn, event);
  if (!hasHandedOver(turn.state)) applyRules(turn);
  settleCommands(turn);
  tellHealth(turn);
  if (turn.state.exited) turn.emit({ type: "exit", code: turn.state.exitCode });
  return { state: turn.state, effects: turn.effects };
}

function applyRules(turn: Turn): void {
  const sharing = sharingOf(turn.state);
  expire(turn);
  // Before anybody is told to drain, since it may need them for that.
  linkWorkers(turn);
  resumeStop(turn);
  giveUpHandover(turn);
  beginRollout(turn);
  goOnWithRestart(turn);
  giveWay(turn);
  refuseOutdatedScaling(turn);
  cullSurplus(turn);
  completeRollout(turn);
  goOnWithCanary(turn);
  goOnWithBake(turn);
  spreadClients(turn);
  replaceLost(turn);
  drainReplaced(turn);
  tellGap(turn);
  sharing.moveListeners(turn);
  closeListeners(turn);
  divertGroups(turn);
  grantBind(turn);
  replaceWorn(turn);
  // Each spawn blocks the master for a moment, so workers that can bind are asked to first.
  fillSlots(turn);
  sharing.settle(turn);
  appointLeader(turn);
  retireGenerations(turn);
  redirectWebSockets(turn);
  beginRollout(turn);
  tellWait(turn);
  beginHandover(turn);
  completeStop(turn);
}

function apply(turn: Turn, event: Event): void {
  switch (event.type) {
    case "tick":
      return;
    case "reload-requested":
      return onReloadRequested(turn, event);
    case "stop-requested":
      return onStopRequested(turn, event);
    case "terminal-closed":
      return onTerminalClosed(turn);
    case "scale-requested":
      return onScaleRequested(turn, event);
    case "rollback-requested":
      return onRollbackRequested(turn, event);
    case "files-looked-at":
      return onFilesLookedAt(turn, event);
    case "workers-measured":
      return onWorkersMeasured(turn, event);
    case "measured":
      return onMeasured(turn, event);
    case "verified":
      return onVerified(turn, event);
    case "drain-requested":
      return onDrainRequested(turn, event);
    case "handover-requested":
      return onHandoverRequested(turn, event.by, event.supervision);
    case "successor-started":
      return onSuccessorStarted(turn, event.pid);
    case "successor-not-started":
      return onSuccessorNotStarted(turn, event.reason);
    case "successor-said-hello":
      return onSuccessorSaidHello(turn, event.protocols);
    case "successor-spawned":
      return onSuccessorSpawned(turn, event.number);
    case "successor-claimed":
      return onSuccessorClaimed(turn);
    case "successor-failed":
      return abort(turn, event.reason);
    case "successor-exited":
      return onSuccessorExited(turn, event.how);
    case "successor-gone":
      return onSuccessorGone(turn);
    // Nothing is relayed before the grant.
    case "relay-ended":
      return;
    case "takeover-granted":
      return onTakeoverGranted(turn, event);
    case "predecessor-ended":
      return onPredecessorEnded(turn, event);
    case "config-loaded":
      return onConfigLoaded(turn, event);
    case "config-rejected":
      return onConfigRejected(turn, event.generation, event.reason);
    case "config-checked":
      return onConfigChecked(turn, event);
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
      return applyWorker(turn, event);
  }
}

function onMeasured(turn: Turn, { generation, comparison }: EventOf<"measured">): void {
  if (canaryOf(turn.state)?.generation === generation) onCanaryMeasured(turn, comparison);
  else if (turn.state.serving === generation) onBakeMeasured(turn, comparison);
}

/** Nothing is lost silently: a failure becomes the event that it amounts to, or is logged. */
function onEffectFailed(turn: Turn, effect: Effect, reason: string): void {
  const consequence = consequenceOf(effect, reason);
  if (consequence !== undefined) return apply(turn, consequence);
  const words = message.effectFailed(effect.type, reason);
  turn.log("error", "effect-failed", words, { effect: effect.type, reason });
}
