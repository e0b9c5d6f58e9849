// (h, i) Every reload asked for is followed by one that begins after it; every one begun has
// exactly one end; numbers of generations and workers only go up.

import type { Effect } from "../../../src/core/effects.ts";
import type { State } from "../../../src/core/state.ts";
import type { World } from "../world/world.ts";
import { Checker, type Moment } from "./checker.ts";

export class ReloadsChecker extends Checker {
  readonly name = "reloads";
  /** A HUP has come since the configuration was last read. */
  #wanted = false;
  #begun = 0;
  #lastGeneration = -1;
  #lastWorker = -1;
  readonly #unended = new Set<number>();

  override decided({ event, before, after, effects }: Moment): void {
    if (event.type === "reload-requested" && before.stop.name === "none") this.#wanted = true;
    for (const effect of effects) this.#check(effect, after);
    if (after.stop.name !== "none") this.#wanted = false;
  }

  override calm(): void {
    if (this.#wanted) this.fail("a reload was asked for and has not begun");
    if (this.#unended.size > 0) this.fail(`the reloads [${[...this.#unended]}] have no end`);
  }

  override ended(_world: World, _state: State): void {
    if (this.#unended.size > 0) this.fail(`the reloads [${[...this.#unended]}] have no end`);
  }

  #check(effect: Effect, after: State): void {
    if (effect.type === "load-config") {
      if (!this.#wanted) this.fail("a reload begins that nobody asked for");
      this.#wanted = false;
      this.#begun = after.nextGeneration - 1;
      this.#count(this.#begun);
      this.#unended.add(this.#begun);
    }
    if (effect.type === "spawn") {
      if (effect.worker <= this.#lastWorker) this.fail(`worker id ${effect.worker} is used again`);
      this.#lastWorker = effect.worker;
      if (effect.generation === 0) this.#lastGeneration = Math.max(this.#lastGeneration, 0);
    }
    if (effect.type === "reload-ended" && !this.#unended.delete(effect.generation)) {
      this.fail(`the reload to generation ${effect.generation} ends, and is not under way`);
    }
  }

  #count(generation: number): void {
    if (generation <= this.#lastGeneration) this.fail(`generation ${generation} is used again`);
    this.#lastGeneration = generation;
  }
}
