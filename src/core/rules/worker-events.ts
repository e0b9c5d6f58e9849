// What workers say and how they end, and what follows.

import type { EventOf, WorkerEvent } from "../events.ts";
import { judge } from "../expected.ts";
import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import { releaseBindLock } from "../moves/listeners.ts";
import { setStandby } from "../moves/generations.ts";
import { noteTrouble } from "../moves/trial.ts";
import { killWorker, retireWorker, stopWorker, tellForced } from "../moves/workers.ts";
import { isStarting } from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { onLeaderResigned, onLeaseWanted } from "./leader.ts";
import { onWorkerGotOn, onWorkerStalled } from "./hang.ts";
import { onListenerReleased, onWorkerBound } from "./listeners.ts";
import { onWorkerOutdated } from "./outdated.ts";
import { onWorkerUncaught, replaceWorker } from "./recycle.ts";
import { onLost } from "./respawn.ts";
import { hurryOutdated } from "./reload-request.ts";
import { onWorkerLoaded } from "./rollout.ts";

/** A message from a worker. A worker that is no longer known, as after a kill, is ignored. */
export function applyWorker(turn: Turn, event: WorkerEvent): void {
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
      return onWorkerStarted(turn, worker, event);
    case "worker-loaded":
      return onWorkerLoaded(turn, worker, event);
    case "worker-bound":
      return onWorkerBound(turn, worker, event.addresses);
    case "worker-ready":
      return onWorkerReady(turn, worker);
    case "worker-failed":
      return onWorkerFailed(turn, worker, event.reason);
    case "worker-outdated":
      return onWorkerOutdated(turn, worker, event);
    case "worker-broken":
      if (worker.phase.name === "draining") return endUnserved(turn, worker);
      return onBroken(turn, worker, event.reason);
    case "worker-uncaught":
      return onWorkerUncaught(turn, worker, event);
    case "worker-full":
      return turn.putWorker({ ...worker, isFull: event.isFull });
    case "lease-wanted":
      return onLeaseWanted(turn, worker);
    case "leader-resigned":
      return onLeaderResigned(turn, worker);
    case "worker-stalled":
      return onWorkerStalled(turn, worker, event);
    case "worker-got-on":
      return onWorkerGotOn(turn, worker);
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

/** A worker's executable may have been replaced since this master was started from it. */
function onWorkerStarted(
  turn: Turn,
  worker: Worker,
  { version, executable }: EventOf<"worker-started">,
): void {
  if (worker.phase.name !== "spawning") return;
  const { version: expected } = turn.state;
  if (version === expected) {
    turn.setPhase(worker.id, { ...worker.phase, name: "loading" });
    return hurryOutdated(turn);
  }
  const reason = message.otherVersion(executable, version, expected);
  turn.log("error", "worker-failed", reason, aboutWorker(worker));
  killWorker(turn, worker);
  onLost(turn, worker, reason);
}

/** In a generation that is in standby, it is that from the start. */
function onWorkerReady(turn: Turn, worker: Worker): void {
  if (worker.phase.name !== "binding") return;
  turn.setPhase(worker.id, { name: "ready" });
  if (worker.generation === turn.state.bake?.standby) setStandby(turn, worker, true);
}

/**
 * The worker cannot start. It says why and ends, or is killed a moment later. If it is already on
 * its way out, as after another worker failed, the reason is not logged again.
 */
function onWorkerFailed(turn: Turn, worker: Worker, reason: string): void {
  if (worker.phase.name === "draining") return endUnserved(turn, worker);
  const isListening = worker.phase.name === "ready";
  if (isListening && sharingOf(turn.state).onBindFailed(turn, worker, reason)) return;
  if (isListening || isStarting(worker)) onBroken(turn, worker, reason);
}

/**
 * Nothing that the worker says can be relied on: it has to go. If it serves, it may have requests,
 * which matter more than what it says, so it is replaced first.
 */
function onBroken(turn: Turn, worker: Worker, reason: string): void {
  turn.log("error", "worker-failed", reason, aboutWorker(worker));
  if (worker.phase.name === "ready") return replaceWorker(turn, worker, reason);
  if (worker.phase.name === "standby") {
    const { reloadTimeoutMs } = turn.generation(worker.generation).settings;
    return retireWorker(turn, worker, "recycle", reloadTimeoutMs);
  }
  if (!isStarting(worker)) return endUnserved(turn, worker);
  stopWorker(turn, worker);
  onLost(turn, worker, reason);
}

/**
 * A draining worker that has never served may hold the bind lock: the sooner it ends, the sooner
 * another may bind. If it has served, its requests matter more, and it has its deadline.
 */
function endUnserved(turn: Turn, worker: Worker): void {
  const { phase } = worker;
  if (phase.name === "draining" && phase.hasServed !== true) stopWorker(turn, worker);
}

function onWorkerIdle(turn: Turn, worker: Worker, needsTime: boolean): void {
  const { phase } = worker;
  if (phase.name !== "draining") return;
  const words = message.idle(worker.id, worker.generation);
  turn.log("info", "worker-idle", words, aboutWorker(worker));
  // What is left of the drain time is for the app's own signal handlers.
  stopWorker(turn, worker, needsTime ? phase.deadlineMs : 0);
}

function onWorkerExited(turn: Turn, worker: Worker, how: string): void {
  tellForced(turn, worker, undefined);
  const { phase, id, generation } = worker;
  const hasDrained = phase.name === "stopping" && !phase.killed && phase.forced === undefined;
  turn.setPhase(id, { name: "exited", ...(hasDrained && { hasDrained }) });
  releaseBindLock(turn, id);
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
      turn.emit({ type: "worker-crashed", worker: id });
      noteTrouble(turn, generation);
      const reason = message.crashed(id, generation, how);
      turn.log("error", "worker-crashed", reason, { ...aboutWorker(worker), how });
      return onLost(turn, worker, reason);
    }
    case "standby":
    case "draining": {
      turn.emit({ type: "worker-crashed", worker: id });
      const words = message.crashed(id, generation, how);
      turn.log("warn", "worker-crashed", words, { ...aboutWorker(worker), how });
      if (phase.name === "standby") onLost(turn, worker, words);
      return;
    }
    case "orphaned": {
      const words = message.orphanExited(id, generation);
      return turn.log("info", "worker-ended", words, { ...aboutWorker(worker), how });
    }
    case "stopping":
    case "exited":
      return;
    default:
      phase satisfies never;
  }
}
