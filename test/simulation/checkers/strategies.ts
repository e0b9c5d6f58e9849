// How a new generation replaces the old one. A few workers at a time: there are never more processes
// than allowed, and as many as the smaller generation has serve. One after the other: no two
// generations run at the same time, and the gap ends.

import { hasServer } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import type { World } from "../world/world.ts";
import { Checker, type Moment } from "./checker.ts";

export class StrategiesChecker extends Checker {
  readonly name = "strategies";
  /** Generations that may not run beside another one. */
  readonly #alone = new Set<number>();

  override decided(moment: Moment): void {
    const { before, after, effects } = moment;
    if (!hasServer(after)) return;
    if (before.rollout.name === "emptying") this.#alone.add(before.rollout.generation);
    if (after.stop.name !== "none") return;
    for (const effect of effects) {
      if (effect.type === "spawn") this.#checkSpawn(moment, effect);
      if (effect.type !== "drain" || effect.reason !== "reload") continue;
      if (before.workers.get(effect.worker)?.generation === before.serving) {
        this.#checkServed(moment);
      }
    }
  }

  #checkSpawn(
    { before, after }: Moment,
    { worker, generation }: { readonly worker: number; readonly generation: number },
  ): void {
    const others = [...after.workers.values()].filter(
      (it) => it.generation !== generation && it.phase.name !== "exited",
    );
    const other = others.find(
      (it) => this.#alone.has(generation) || this.#alone.has(it.generation),
    );
    const isOfOne = other !== undefined && isReplacedBy(after, generation, other.generation);
    if (isOfOne && this.#alone.has(Math.max(generation, other.generation))) {
      this.fail(`worker ${worker} starts, and worker ${other.id} of another generation runs`);
    }
    const rolling = rollingOf(after);
    if (rolling === undefined) return;
    const [had, have] = [alive(before), alive(after)];
    if (have > Math.max(rolling.most, had)) {
      this.fail(`there are ${have} processes, and ${rolling.most} may be there`);
    }
  }

  /** Old workers go only where new ones have taken their place. */
  #checkServed({ before, after }: Moment): void {
    const rolling = rollingOf(after);
    const { rollout, serving } = after;
    if (rolling === undefined || rollout.name === "none" || serving === undefined) return;
    const target = after.generations.get(rollout.generation)?.target ?? 0;
    const ready = [...after.workers.values()].filter(
      ({ generation, phase }) =>
        phase.name === "ready" && (generation === serving || generation === rollout.generation),
    ).length;
    const least = Math.min(rolling.oldTarget, target);
    const had = [...before.workers.values()].filter(({ phase }) => phase.name === "ready").length;
    if (ready < Math.min(least, had)) {
      this.fail(`${ready} workers are ready, and there have to be ${least}`);
    }
  }

  override calm(_world: World, { generations }: State): void {
    const gap = [...generations.values()].find(({ gapSinceMs }) => gapSinceMs !== undefined);
    if (gap !== undefined) this.fail(`nobody has said that the gap of ${gap.number} is over`);
  }
}

function rollingOf({ rollout }: State) {
  return "rolling" in rollout ? rollout.rolling : undefined;
}

function alive({ workers }: State): number {
  return [...workers.values()].filter(({ phase }) => phase.name !== "exited").length;
}

/** Whether one of the two is to replace the other. */
function isReplacedBy({ generations }: State, one: number, other: number): boolean {
  return generations.get(one)?.replaces === other || generations.get(other)?.replaces === one;
}
