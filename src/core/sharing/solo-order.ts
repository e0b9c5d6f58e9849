// Whose turn it is when one worker listens at a time. Nothing is changed here.

import { fillingGeneration, isShuttingDown, keptGeneration } from "../predicates.ts";
import type { Generation, State, Worker } from "../state.ts";

export type Solo = Extract<State["sharing"], { readonly name: "solo" }>;

/** What is known only in this mode. */
export function soloOf({ sharing }: State): Solo {
  if (sharing.name !== "solo") throw new Error("workers share addresses");
  return sharing;
}

export function holdsListeners(worker: Worker): boolean {
  return worker.listeners.size > 0;
}

/** The worker of the new generation that has loaded its app and waits for the address. */
export function waitingOf({ rollout, workers }: State): Worker | undefined {
  if (rollout.name !== "filling") return undefined;
  return [...workers.values()].find(
    (worker) =>
      worker.generation === rollout.generation &&
      worker.phase.name === "binding" &&
      !holdsListeners(worker),
  );
}

/** The serving worker, which has released its listeners, if no other worker should have them. */
export function returningOf(state: State): Worker | undefined {
  const isAwaitedElsewhere = [...state.workers.values()].some(
    ({ phase, generation }) => phase.name === "binding" && mayTakeOver(state, generation),
  );
  return isAwaitedElsewhere ? undefined : silencedOf(state);
}

/** The serving worker, while it has no listener and no other worker has one. */
function silencedOf(state: State): Worker | undefined {
  const workers = [...state.workers.values()];
  if (isShuttingDown(state) || workers.some(holdsListeners)) return undefined;
  const kept = keptGeneration(state)?.number;
  return workers.find(({ phase, generation }) => phase.name === "ready" && generation === kept);
}

/**
 * Whether a generation may bind while nobody listens: the one that is kept, or the one for which
 * its worker released the address. Another one, as after a failure of that one, waits until the old
 * one listens again, so that two failures make no longer gap than one.
 */
function mayTakeOver(state: State, generation: number): boolean {
  const isForIt = generation === soloOf(state).yieldedTo;
  return isForIt || generation === keptGeneration(state)?.number;
}

/** No worker binds while another may still listen. After that, the new generation comes first. */
export function nextToBind(state: State, now: number): Worker | undefined {
  const workers = [...state.workers.values()];
  if (workers.some(holdsListeners)) return undefined;
  const starting = waitingOf(state) ?? workers.find(({ phase }) => phase.name === "binding");
  const silenced = now >= state.respawn.notBeforeMs ? silencedOf(state) : undefined;
  const isFirst = starting !== undefined && mayTakeOver(state, starting.generation);
  return isFirst ? starting : (silenced ?? starting);
}

/** While an address changes hands, the old generation gets no worker that would be in the way. */
export function generationToFill(state: State): Generation | undefined {
  return state.rollout.name === "filling" ? fillingGeneration(state) : keptGeneration(state);
}

/** Another worker has released its listeners for the one that binds, or is about to. */
export function isAwaited(state: State, { phase }: Worker): boolean {
  return phase.name === "binding" && state.serving !== undefined;
}
