// Where a system lets no two processes share an address, one worker listens at a time.
//
// At a reload the worker of the new generation loads the app while the old one serves. Only then is
// the old one asked to release its listeners; it still answers the requests it has. When it has
// released them, the new one binds. The time between is the gap, in which new connections are
// refused. If the new one fails then, the old one, which still has its app, listens again, and
// retries after growing waits if that fails.

import { aboutWorker } from "../log-fields.ts";
import { message, ONE_WORKER, refusal } from "../messages.ts";
import { afterCrash } from "../moves/backoff.ts";
import { releaseListener } from "../moves/listeners.ts";
import { killWorker } from "../moves/workers.ts";
import { isAlive, isShuttingDown, isStopping } from "../predicates.ts";
import { BIND_TIMEOUT_MS, KILL_GRACE_MS, RELEASE_TIMEOUT_MS } from "../settings.ts";
import type { Listener, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import type { Sharing } from "./sharing.ts";
import {
  generationToFill,
  holdsListeners,
  isAwaited,
  nextToBind,
  returningOf,
  type Solo,
  soloOf,
  waitingOf,
} from "./solo-order.ts";

/** A worker releases its listeners at once, unless its event loop is busy. */
const LEAST_YIELD_MS = 5000;

function note(turn: Turn, change: Partial<Solo>): void {
  turn.set({ sharing: { ...soloOf(turn.state), ...change } });
}

/**
 * Clients are refused until the new generation has bound, so it gets no more than the time of a
 * bind.
 */
function onBindGranted(turn: Turn, worker: Worker): void {
  const { id, phase } = worker;
  if (phase.name !== "binding" || !isAwaited(turn.state, worker)) return;
  turn.setPhase(id, { ...phase, deadlineMs: turn.now + BIND_TIMEOUT_MS });
}

/** The serving worker wanted the address back, but another program has taken it. */
function onBindFailed(turn: Turn, worker: Worker, reason: string): boolean {
  if (turn.state.bindLock?.worker !== worker.id) return false;
  turn.set({ bindLock: undefined });
  turn.log("error", "worker-cannot-listen", reason, aboutWorker(worker));
  const { respawn: settings } = turn.generation(worker.generation).settings;
  const respawn = afterCrash(turn.state.respawn, settings, turn.now);
  turn.set({ respawn });
  const delayMs = respawn.notBeforeMs - turn.now;
  const words = message.listensLater(worker.id, worker.generation, delayMs);
  turn.log("warn", "listen-again", words, { ...aboutWorker(worker), delay_ms: delayMs });
  return true;
}

/**
 * Makes draining workers, and the one that the new generation waits for, release their listeners.
 */
function moveListeners(turn: Turn): void {
  const next = turn.state.bindLock === undefined ? waitingOf(turn.state) : undefined;
  for (const worker of turn.state.workers.values()) {
    if (worker.phase.name === "draining") releaseOpen(turn, worker, releasing(turn));
    if (worker.phase.name === "ready" && next !== undefined) yieldTo(turn, worker, next);
  }
}

/** At a stop nobody waits for the address, and requests have the time of the drain. */
function releasing({ state, now }: Turn): Listener {
  if (isShuttingDown(state)) return { name: "releasing" };
  return { name: "releasing", deadlineMs: now + RELEASE_TIMEOUT_MS };
}

function yieldTo(turn: Turn, worker: Worker, next: Worker): void {
  if (next.phase.name !== "binding" || next.generation === worker.generation) return;
  const deadlineMs = turn.now + Math.max(turn.state.settings.reloadTimeoutMs, LEAST_YIELD_MS);
  if (!releaseOpen(turn, worker, { name: "yielding", deadlineMs })) return;
  note(turn, { yieldedTo: next.generation });
  const latestMs = deadlineMs + KILL_GRACE_MS + BIND_TIMEOUT_MS;
  turn.setPhase(next.id, {
    name: "binding",
    deadlineMs: Math.max(next.phase.deadlineMs, latestMs),
  });
}

/** Returns whether there was a listener to release. */
function releaseOpen(turn: Turn, { id }: Worker, until: Listener): boolean {
  const open = [...turn.worker(id).listeners].filter(([, { name }]) => name === "open");
  for (const [address] of open) releaseListener(turn, id, address, until);
  return open.length > 0;
}

/** How long we wait for the worker to release its listeners; `undefined`: we do not. */
function releaseDeadlineMs(state: State, { phase, listeners }: Worker): number | undefined {
  const drains = phase.name === "draining" && !isShuttingDown(state);
  for (const listener of listeners.values()) {
    if (phase.name === "ready" && listener.name === "yielding") return listener.deadlineMs;
    if (drains && listener.name === "releasing") return listener.deadlineMs;
  }
  return undefined;
}

/**
 * A worker that has not released its listeners in time hangs. One that serves has the time of a
 * drain, and is replaced. One that drains, as its version was rejected, is only in the way.
 */
function expire(turn: Turn, worker: Worker): void {
  const deadlineMs = releaseDeadlineMs(turn.state, worker);
  if (deadlineMs === undefined || turn.now < deadlineMs) return;
  const words = message.keepsListener(worker.id, worker.generation);
  turn.log("warn", "worker-killed", words, aboutWorker(worker));
  killWorker(turn, worker);
}

/** The deadlines of releases, and the time at which a serving worker tries to listen again. */
function deadlines(state: State): number[] {
  const times = [...state.workers.values()].flatMap((it) => releaseDeadlineMs(state, it) ?? []);
  const isReturning = state.bindLock === undefined && returningOf(state) !== undefined;
  return isReturning ? [...times, state.respawn.notBeforeMs] : times;
}

/** Logs how long nobody listened, once a worker listens again. */
function measureGap(turn: Turn): void {
  const { state, now } = turn;
  if (state.serving === undefined || isStopping(state)) return;
  const { gapSinceMs } = soloOf(state);
  const listening = [...state.workers.values()].find((it) => isAlive(it) && holdsListeners(it));
  if (listening === undefined) {
    note(turn, { gapSinceMs: gapSinceMs ?? now });
  } else if (gapSinceMs !== undefined) {
    const gapMs = Math.round((now - gapSinceMs) * 10) / 10;
    const words = message.listens(listening.id, listening.generation, gapMs);
    note(turn, { gapSinceMs: undefined });
    turn.log("info", "listens", words, { ...aboutWorker(listening), gap_ms: gapMs });
  }
}

export const solo: Sharing = {
  oneWorkerOnly: ONE_WORKER,
  oneServerOnly: refusal.oneServer,
  // There is nobody to speak to for long.
  hasLinks: false,
  bindsAgain: true,
  // A worker that has released its listeners has no address, but the server still does.
  addresses: ({ announced }) => announced,
  generationToFill,
  nextToBind,
  isAwaited,
  onRolloutBegins: () => undefined,
  onBindGranted,
  onBindFailed,
  moveListeners,
  settle: measureGap,
  deadlines,
  expire,
};
