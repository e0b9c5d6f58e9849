// Where a system lets no two processes share an address: one worker listens at a time.
//
// A reload there: the worker of the new generation loads the app while the old one serves. Only
// then is the old one asked to let go of its listeners; it goes on answering what it has. When it
// has let go, the new one binds: the time between is the gap, in which new connections are refused.
// If the new one fails then, the old one, which still has its app, listens again, with growing
// waits where that fails.

import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import { afterCrash } from "../moves/backoff.ts";
import { isAlive, isShuttingDown, isStopping, isUnshared, keptGeneration } from "../predicates.ts";
import { BIND_TIMEOUT_MS, KILL_GRACE_MS } from "../settings.ts";
import type { Listener, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { killWorker } from "../moves/workers.ts";

/** A worker lets go at once, but when its event loop is busy. */
const LEAST_YIELD_MS = 5000;

function holdsListeners(worker: Worker): boolean {
  return worker.listeners.size > 0;
}

/** The worker of the new generation that has loaded its app and waits for the address. */
function successor({ rollout, workers }: State): Worker | undefined {
  if (rollout.name !== "filling") return undefined;
  return [...workers.values()].find(
    (worker) =>
      worker.generation === rollout.generation &&
      worker.phase.name === "binding" &&
      !holdsListeners(worker),
  );
}

/** The worker that serves and has let go of its listeners, when nobody else is to have them. */
function returning(state: State): Worker | undefined {
  const isAwaited = [...state.workers.values()].some(
    ({ phase, generation }) => phase.name === "binding" && mayTakeOver(state, generation),
  );
  return isAwaited ? undefined : silenced(state);
}

/** The worker that serves, while it has no listener and nobody else has one. */
function silenced(state: State): Worker | undefined {
  const workers = [...state.workers.values()];
  if (isShuttingDown(state) || workers.some(holdsListeners)) return undefined;
  const kept = keptGeneration(state)?.number;
  return workers.find(({ phase, generation }) => phase.name === "ready" && generation === kept);
}

/**
 * Whether that generation may bind where nobody listens: its own, or the one that it let go for.
 * Another one, as after that has failed, waits until the old one listens again: two failures are no
 * longer gap.
 */
function mayTakeOver(state: State, generation: number): boolean {
  return generation === keptGeneration(state)?.number || generation === state.yieldedTo;
}

/** Who is to bind now: nobody while somebody may still listen, else the new generation first. */
export function nextAlone(state: State, now: number): Worker | undefined {
  const workers = [...state.workers.values()];
  if (workers.some(holdsListeners)) return undefined;
  const starting = successor(state) ?? workers.find(({ phase }) => phase.name === "binding");
  const waits = now >= state.respawn.notBeforeMs ? silenced(state) : undefined;
  const isFirst = starting !== undefined && mayTakeOver(state, starting.generation);
  return isFirst ? starting : (waits ?? starting);
}

/**
 * Whether the worker binds, or is about to, where another one has let go of its listeners for it.
 */
export function isTakingOver(state: State, { phase }: Worker): boolean {
  return isUnshared(state) && phase.name === "binding" && state.serving !== undefined;
}

/** While nobody listens because of it, a new generation has no more than the time of a bind. */
export function limitTakeover(turn: Turn, worker: Worker): void {
  const { id, phase } = worker;
  if (phase.name !== "binding" || !isTakingOver(turn.state, worker)) return;
  turn.setPhase(id, { ...phase, deadlineMs: turn.now + BIND_TIMEOUT_MS });
}

/** Has listeners let go of by whoever drains, and by whoever the new generation waits for. */
export function letGo(turn: Turn): void {
  const next = turn.state.bindLock === undefined ? successor(turn.state) : undefined;
  for (const worker of turn.state.workers.values()) {
    if (worker.phase.name === "draining") askToLetGo(turn, worker, { name: "releasing" });
    if (worker.phase.name === "ready" && next !== undefined) yieldTo(turn, worker, next);
  }
}

function yieldTo(turn: Turn, worker: Worker, next: Worker): void {
  if (next.phase.name !== "binding" || next.generation === worker.generation) return;
  const deadlineMs = turn.now + Math.max(turn.state.settings.reloadTimeoutMs, LEAST_YIELD_MS);
  if (!askToLetGo(turn, worker, { name: "yielding", deadlineMs })) return;
  turn.set({ yieldedTo: next.generation });
  const latestMs = deadlineMs + KILL_GRACE_MS + BIND_TIMEOUT_MS;
  turn.setPhase(next.id, {
    name: "binding",
    deadlineMs: Math.max(next.phase.deadlineMs, latestMs),
  });
}

/** Whether there was a listener to let go of. */
function askToLetGo(turn: Turn, { id }: Worker, asked: Listener): boolean {
  const { listeners } = turn.worker(id);
  const open = [...listeners].filter(([, { name }]) => name === "open");
  for (const [address] of open) {
    const worker = turn.worker(id);
    turn.putWorker({ ...worker, listeners: new Map(worker.listeners).set(address, asked) });
    turn.emit({ type: "release-listener", worker: id, address });
  }
  return open.length > 0;
}

/**
 * When the worker that was asked to let go is no longer waited for; `undefined`: it was not asked.
 */
export function yieldDeadlineMs({ phase, listeners }: Worker): number | undefined {
  if (phase.name !== "ready") return undefined;
  for (const listener of listeners.values()) {
    if (listener.name === "yielding") return listener.deadlineMs;
  }
  return undefined;
}

/** One that does not let go in the time of a drain hangs: it is replaced. */
export function expireYield(turn: Turn, worker: Worker): void {
  const deadlineMs = yieldDeadlineMs(worker);
  if (deadlineMs === undefined || turn.now < deadlineMs) return;
  const words = message.keepsListener(worker.id, worker.generation);
  turn.log("warn", "worker-killed", words, aboutWorker(worker));
  killWorker(turn, worker);
}

/** The next time at which a worker that serves tries to listen again. */
export function listenAgainAtMs(state: State): number | undefined {
  const isWaiting = isUnshared(state) && state.bindLock === undefined;
  return isWaiting && returning(state) !== undefined ? state.respawn.notBeforeMs : undefined;
}

/** The worker that serves could not listen again: somebody else has taken the address. */
export function onListenFailed(turn: Turn, worker: Worker, reason: string): void {
  if (turn.state.bindLock?.worker !== worker.id) return;
  turn.set({ bindLock: undefined });
  turn.log("error", "worker-cannot-listen", reason, aboutWorker(worker));
  const { respawn: settings } = turn.generation(worker.generation).settings;
  const respawn = afterCrash(turn.state.respawn, settings, turn.now);
  turn.set({ respawn });
  const delayMs = respawn.notBeforeMs - turn.now;
  const words = message.listensLater(worker.id, worker.generation, delayMs);
  turn.log("warn", "listen-again", words, { ...aboutWorker(worker), delay_ms: delayMs });
}

/** Tells how long nobody listened, once somebody does again. */
export function measureGap(turn: Turn): void {
  const { state, now } = turn;
  if (!isUnshared(state) || state.serving === undefined || isStopping(state)) return;
  const listening = [...state.workers.values()].find((it) => isAlive(it) && holdsListeners(it));
  if (listening === undefined) {
    turn.set({ gapSinceMs: state.gapSinceMs ?? now });
  } else if (state.gapSinceMs !== undefined) {
    const gapMs = Math.round((now - state.gapSinceMs) * 10) / 10;
    const words = message.listens(listening.id, listening.generation, gapMs);
    turn.set({ gapSinceMs: undefined });
    turn.log("info", "listens", words, { ...aboutWorker(listening), gap_ms: gapMs });
  }
}
