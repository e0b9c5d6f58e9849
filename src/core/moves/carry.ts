// To whom a worker that leaves hands its WebSockets.

import { isStopping, rollingOf } from "../predicates.ts";
import type { Generation, State, Worker } from "../state.ts";

/**
 * The workers that take the WebSockets of one that leaves, in the order in which it offers them:
 * ready ones of the generation that serves from then on. Another order for each slot, so that all
 * get their part. Empty: its WebSockets are closed.
 */
export function carryTargets(state: State, { id, generation, slot }: Worker): readonly number[] {
  const own = state.generations.get(generation);
  if (isStopping(state) || state.rollout.name === "emptying" || !carries(own)) return [];
  const next = state.generations.get(nextGeneration(state, generation) ?? -1);
  if (next === undefined || !carries(next)) return [];
  const targets = [...state.workers.values()]
    .filter((it) => it.generation === next.number && it.id !== id && it.phase.name === "ready")
    // Others are about to leave, too.
    .filter((it) => it.slot < next.target)
    .map((it) => it.id);
  const first = targets.length === 0 ? 0 : slot % targets.length;
  return [...targets.slice(first), ...targets.slice(0, first)];
}

/** Workers of another master have no links to these. */
function carries(generation: Generation | undefined): boolean {
  return generation?.settings.websocket?.onReload === "carry" && generation.isForeign !== true;
}

/** While workers replace others one after another, those of the new generation take them. */
function nextGeneration(state: State, generation: number): number | undefined {
  const { rollout, serving } = state;
  const isRolling = rollingOf(state) !== undefined && generation === serving;
  return isRolling && "generation" in rollout ? rollout.generation : serving;
}
