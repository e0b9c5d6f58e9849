// Rolling: the workers of a new generation replace the old ones a few at a time, for machines
// without room for two generations. Both serve meanwhile. If a new one fails, the old ones that
// have gone are started again.

import {
  fillingGeneration,
  isAlive,
  readyOf,
  rollingOf,
  servingGeneration,
} from "../predicates.ts";
import type { Filling } from "../rollout-state.ts";
import type { Generation, State } from "../state.ts";
import type { Turn } from "../turn.ts";
import { endBake } from "./bake.ts";

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
  if (!rolling.isVerified) return 0;
  const alive = [...state.workers.values()].filter(isAlive).length;
  return Math.min(missing, Math.max(0, rolling.most - alive));
}

/** Lets old workers go whose place new ones have taken: see `cullSurplus`. */
export function giveWay(turn: Turn): void {
  const rolling = rollingOf(turn.state);
  const old = servingGeneration(turn.state);
  const fresh = fillingGeneration(turn.state);
  if (rolling?.isVerified !== true || old === undefined || fresh === undefined) return;
  // A generation in standby takes the room that the new workers need.
  endBake(turn);
  const least = Math.min(rolling.oldTarget, fresh.target);
  // One stays until all new ones are ready: whatever they do, somebody serves.
  const target = Math.max(1, least - readyOf(turn.state, fresh.number));
  if (target < old.target) turn.putGeneration({ ...old, target });
}
