// (h, i) Every reload asked for is followed by one that begins after it; every one begun has
// exactly one end; numbers of generations and workers only go up.

import type { Effect } from "../../../src/core/effects.ts";
import { hasServer } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import { Checker, type Moment } from "./checker.ts";

export class ReloadsChecker extends Checker {
  readonly name = "reloads";
  override readonly watchesSuccessor = true;
  /** A HUP has come since the configuration was last read. */
  #wanted = false;
  #begun = 0;
  #lastGeneration = -1;
  #lastWorker = -1;
  /** The generation of a new master that has claimed. */
  #claimed: number | undefined;
  /** The generation of a new master that was left alone before it had the server. */
  #start: number | undefined;
  readonly #unended = new Set<number>();

  override decided({ event, before, after, effects }: Moment): void {
    if (event.type === "reload-requested" && before.stop.name === "none") this.#wanted = true;
    for (const effect of effects) this.#check(effect, after);
    if (after.stop.name !== "none" && hasServer(after)) this.#wanted = false;
    // A new master that has claimed is ended before it has the server: its first reload goes with
    // it.
    if (event.type === "handover-failed" && this.#claimed !== undefined) {
      this.#unended.delete(this.#claimed);
    }
    if (event.type === "takeover-granted") this.#claimed = undefined;
    if (event.type === "predecessor-ended" && !hasServer(before)) this.#orphaned(before);
  }

  /** The old master has died before the grant, and what had been asked of it is lost. */
  #orphaned({ succession, rollout }: State): void {
    this.#wanted = false;
    this.#claimed = undefined;
    this.#start = rollout.name === "none" ? undefined : rollout.generation;
    if (succession.name !== "pending" || rollout.name === "none") return;
    this.#count(rollout.generation);
    this.#unended.add(rollout.generation);
  }

  override calm(): void {
    if (this.#wanted) this.fail("a reload was asked for and has not begun");
    if (this.#unended.size > 0) this.fail(`the reloads [${[...this.#unended]}] have no end`);
  }

  override ended(): void {
    // A start that fails, or is given up for a stop, has no end.
    if (this.#start !== undefined) this.#unended.delete(this.#start);
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
    if (effect.type === "claim" && after.rollout.name !== "none") {
      this.#claimed = after.rollout.generation;
      this.#count(this.#claimed);
      this.#unended.add(this.#claimed);
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
