// How a new generation replaces the old one. A few workers at a time: there are never more
// processes than allowed, and as many as the smaller generation has serve. One after the other: no
// two generations run at the same time, and the gap ends.

import type { EventOf } from "../../../src/core/events.ts";
import { hasServer } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import { Checker, type Moment } from "./checker.ts";

export class StrategiesChecker extends Checker {
  readonly name = "strategies";
  /** Generations that may not run beside another one. */
  readonly #alone = new Set<number>();
  /** Nobody takes new connections, and nobody has said that this is over. */
  #isGap = false;
  /** How many processes there may be, and how many workers the old generation had. */
  #most = 0;
  #oldTarget = 0;

  override decided(moment: Moment): void {
    const { event, before, after, effects, world } = moment;
    if (!hasServer(after)) return;
    if (event.type === "config-loaded") this.#noteStrategy(before, event);
    const { rollout } = after;
    if (rollout.name === "emptying") this.#isGap = true;
    if (rollingOf(before) === undefined && rollingOf(after) !== undefined) {
      this.#oldTarget = before.generations.get(before.serving ?? -1)?.target ?? 0;
      const { workers, rollout: settings } = world.disk.of(newOf(after)).settings;
      this.#most = Math.max(workers, this.#oldTarget) + (settings?.maxSurge ?? 0);
    }
    if (effects.some((it) => it.type === "log" && it.event === "gap-ended")) this.#isGap = false;
    if (after.stop.name !== "none") return;
    for (const effect of effects) {
      if (effect.type === "spawn") this.#checkSpawn(moment, effect);
      if (effect.type !== "drain" || effect.reason !== "reload") continue;
      if (before.workers.get(effect.worker)?.generation === before.serving) {
        this.#checkServed(moment);
      }
    }
  }

  #noteStrategy(
    { rollout, serving, stop }: State,
    { generation, settings }: EventOf<"config-loaded">,
  ): void {
    if (rollout.name !== "configuring" || rollout.generation !== generation) return;
    if (serving === undefined || stop.name !== "none") return;
    if (settings.rollout?.strategy === "restart") this.#alone.add(generation);
  }

  #checkSpawn(
    { before, after }: Moment,
    { worker, generation }: { readonly worker: number; readonly generation: number },
  ): void {
    const others = [...after.workers.values()].filter(
      (it) => it.generation !== generation && it.phase.name !== "exited",
    );
    // The settings of the newer one count.
    const other = others.find((it) => this.#alone.has(Math.max(generation, it.generation)));
    if (other !== undefined) {
      this.fail(`worker ${worker} starts, and worker ${other.id} of another generation runs`);
    }
    if (rollingOf(after) === undefined) return;
    const [had, have] = [alive(before), alive(after)];
    if (have > Math.max(this.#most, had)) {
      this.fail(`there are ${have} processes, and ${this.#most} may be there`);
    }
  }

  /** Old workers go only where new ones have taken their place. */
  #checkServed({ before, after }: Moment): void {
    const { rollout, serving } = after;
    if (rollingOf(after) === undefined || rollout.name === "none") return;
    const target = after.generations.get(rollout.generation)?.target ?? 0;
    const ready = [...after.workers.values()].filter(
      ({ generation, phase }) =>
        phase.name === "ready" && (generation === serving || generation === rollout.generation),
    ).length;
    const least = Math.min(this.#oldTarget, target);
    const had = [...before.workers.values()].filter(({ phase }) => phase.name === "ready").length;
    if (ready < Math.min(least, had)) {
      this.fail(`${ready} workers are ready, and there have to be ${least}`);
    }
  }

  override calm(): void {
    if (this.#isGap) this.fail("nobody has said that the gap is over");
  }
}

function rollingOf({ rollout }: State) {
  return "rolling" in rollout ? rollout.rolling : undefined;
}

/** The generation that a rollout makes. */
function newOf({ rollout }: State): number {
  return rollout.name === "none" ? -1 : rollout.generation;
}

function alive({ workers }: State): number {
  return [...workers.values()].filter(({ phase }) => phase.name !== "exited").length;
}
