// Rolling: the workers of a new generation replace the old ones a few at a time, for machines
// without room for two generations. Both serve meanwhile. If a new one fails, the old ones that
// have gone are started again: the reload is rolled back, or rejected if no new worker has been
// ready yet, so that none had clients. If nobody of the old generation serves any more, the new one
// goes on with the workers that it has.

import {
  fillingGeneration,
  isAlive,
  readyOf,
  rollingOf,
  servingGeneration,
} from "../predicates.ts";
import { message } from "../messages.ts";
import type { Filling, Rolling } from "../rollout-state.ts";
import type { Generation, State } from "../state.ts";
import type { Turn } from "../turn.ts";
import { endBake } from "./bake.ts";
import { promote } from "./promotion.ts";

/** How a new generation is to be filled; without a serving one there is nothing to replace. */
export function fillingOf(state: State, { number, settings, isUntried }: Generation): Filling {
  const filling = { name: "filling", generation: number } as const;
  const old = servingGeneration(state);
  const { rollout } = settings;
  if (rollout?.strategy !== "rolling" || old === undefined || isUntried === true) return filling;
  const most = Math.max(settings.workers, old.target) + rollout.maxSurge;
  const rolling = { most, oldTarget: old.target, isVerified: !rollout.hasVerify };
  return { ...filling, rolling };
}

/** How many workers a new generation may start now, of those that it still lacks. */
export function roomFor(state: State, missing: number): number {
  const rolling = rollingOf(state);
  if (rolling === undefined) return missing;
  // The first one is looked at before the others start.
  return rolling.isVerified ? roomForOld(state, missing) : 0;
}

/** How many of the old workers that were lost may be replaced now. */
export function roomForOld(state: State, missing: number): number {
  const { rollout } = state;
  const rolling = "rolling" in rollout ? rollout.rolling : undefined;
  if (rolling === undefined) return missing;
  const alive = [...state.workers.values()].filter(isAlive).length;
  return Math.min(missing, Math.max(0, rolling.most - alive));
}

/**
 * A new worker has failed, and nobody of the old generation is left to go back to: the new one
 * serves. Returns whether that is so.
 */
export function takeOverShort(turn: Turn): boolean {
  const fresh = fillingGeneration(turn.state);
  const { serving } = turn.state;
  if (rollingOf(turn.state) === undefined || fresh === undefined || serving === undefined) {
    return false;
  }
  const { number, target } = fresh;
  const ready = readyOf(turn.state, number);
  if (ready === 0 || readyOf(turn.state, serving) > 0) return false;
  const words = message.takesOverShort(number, ready, target);
  turn.log("warn", "rolling-short", words, { generation: number, ready, workers: target });
  promote(turn, fresh);
  return true;
}

/** How many workers of both generations have to serve meanwhile. */
function leastOf({ oldTarget }: Rolling, { target }: Generation): number {
  return Math.min(oldTarget, target);
}

/** Whether a worker may go for another reason than that a new one has taken its place. */
export function canSpareOne(state: State): boolean {
  const rolling = rollingOf(state);
  const [old, fresh] = [servingGeneration(state), fillingGeneration(state)];
  if (rolling === undefined || old === undefined || fresh === undefined) return true;
  const ready = readyOf(state, old.number) + readyOf(state, fresh.number);
  return ready > leastOf(rolling, fresh);
}

/** Lets old workers go whose place new ones have taken: see `cullSurplus`. */
export function giveWay(turn: Turn): void {
  const rolling = rollingOf(turn.state);
  const old = servingGeneration(turn.state);
  const fresh = fillingGeneration(turn.state);
  if (rolling?.isVerified !== true || old === undefined || fresh === undefined) return;
  const ready = readyOf(turn.state, fresh.number);
  const { rollout } = turn.state;
  if (ready > 0 && rolling.hasClients !== true && rollout.name === "filling") {
    turn.set({ rollout: { ...rollout, rolling: { ...rolling, hasClients: true } } });
  }
  // A generation in standby takes the room that the new workers need.
  endBake(turn);
  const least = leastOf(rolling, fresh);
  // One stays until all new ones are ready: whatever they do, somebody serves.
  const target = Math.max(1, least - ready);
  if (target < old.target) turn.putGeneration({ ...old, target });
}
