// (h, i) Every requested reload is followed by one that starts after the request. Every reload that
// starts has exactly one end, and is steered to before that exactly if it is completed. Numbers of
// generations and workers only go up. One that is rolled back ends when its workers have.

import type { Effect, Outcome } from "../../../src/core/effects.ts";
import { hasServer } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import { Checker, type Moment } from "./checker.ts";

export class ReloadsChecker extends Checker {
  readonly name = "reloads";
  override readonly watchesSuccessor = true;
  /** A HUP has come since the configuration was last read. */
  #wanted = false;
  #lastGeneration = -1;
  #lastWorker = -1;
  /** The generation of a successor that does not have the server. */
  #offered: number | undefined;
  /** The generation of a successor that was left alone before it had the server. */
  #start: number | undefined;
  readonly #unended = new Set<number>();
  readonly #steered = new Set<number>();
  readonly #undone = new Set<number>();

  override decided({ event, before, after, effects }: Moment): void {
    if (event.type === "reload-requested" && before.stop.name === "none") this.#wanted = true;
    const isLost = effects.some((it) => it.type === "log" && it.event === "generation-lost");
    if (isLost) this.#lost(before, after);
    for (const effect of effects) this.#check(effect, before, after);
    if (after.stop.name !== "none" && hasServer(after)) this.#wanted = false;
    // A successor is ended before it has the server: its first reload ends with it.
    const hasFailed = effects.some(({ type }) => type === "forget-successor");
    if (hasFailed && this.#offered !== undefined) this.#unended.delete(this.#offered);
    if (hasFailed || event.type === "takeover-granted") this.#offered = undefined;
    if (event.type === "predecessor-ended" && !hasServer(before)) this.#orphaned(before);
  }

  /** Nobody has asked for the reload that follows when the serving generation has nobody left. */
  #lost({ serving }: State, after: State): void {
    const left = [...after.workers.values()].filter(
      ({ generation, phase }) => generation === serving && phase.name !== "exited",
    );
    if (left.length > 0) this.fail(`worker ${left[0]?.id} is left, and is taken for lost`);
    this.#wanted = true;
  }

  /** The predecessor has died before the grant, and the requests made to it are lost. */
  #orphaned({ rollout }: State): void {
    this.#wanted = false;
    this.#offered = undefined;
    this.#start = rollout.name === "none" ? undefined : rollout.generation;
  }

  override calm(): void {
    if (this.#wanted) this.fail("a reload was asked for and has not begun");
    if (this.#unended.size > 0) this.fail(`the reloads [${[...this.#unended]}] have no end`);
  }

  override ended(): void {
    // A start that fails, or is abandoned for a stop, has no end.
    if (this.#start !== undefined) this.#unended.delete(this.#start);
    if (this.#unended.size > 0) this.fail(`the reloads [${[...this.#unended]}] have no end`);
  }

  #check(effect: Effect, before: State, after: State): void {
    // In dev, a start that has failed is followed by a reload, which is the next start.
    const startsAgain = before.serving === undefined && after.settings.isDev === true;
    if (effect.type === "load-config" && startsAgain && !this.#unended.has(effect.generation)) {
      this.#begin(effect.generation, after);
      this.#start = effect.generation;
    }
    if (effect.type === "reload-ended" && startsAgain && effect.outcome === "rejected") {
      this.#unended.delete(effect.generation);
      return;
    }
    if (effect.type === "reload-began") this.#begin(effect.generation, after);
    if (effect.type === "load-config" && !this.#unended.has(effect.generation)) {
      this.fail(`the configuration of generation ${effect.generation} is read for no reload`);
    }
    if (effect.type === "reload-steered") {
      if (!this.#unended.has(effect.generation) || this.#steered.has(effect.generation)) {
        this.fail(`generation ${effect.generation} is steered to, in no reload or once more`);
      }
      this.#steered.add(effect.generation);
    }
    if (effect.type === "spawn") {
      if (effect.worker <= this.#lastWorker) this.fail(`worker id ${effect.worker} is used again`);
      this.#lastWorker = effect.worker;
      if (effect.generation === 0) this.#lastGeneration = Math.max(this.#lastGeneration, 0);
    }
    if (effect.type === "reload-undone") {
      if (!this.#unended.has(effect.generation) || this.#undone.has(effect.generation)) {
        this.fail(`generation ${effect.generation} is rolled back, in no reload or once more`);
      }
      this.#undone.add(effect.generation);
    }
    if (effect.type === "reload-ended") this.#end(effect.generation, effect.outcome, after);
  }

  /** A successor's first generation is a reload of what it takes over; nobody requests it. */
  #begin(generation: number, after: State): void {
    if (hasServer(after)) {
      if (!this.#wanted) this.fail("a reload begins that nobody asked for");
      this.#wanted = false;
    } else {
      this.#offered = generation;
    }
    this.#count(generation);
    this.#unended.add(generation);
  }

  #end(generation: number, outcome: Outcome, { workers }: State): void {
    if (!this.#unended.delete(generation)) {
      this.fail(`the reload to generation ${generation} ends, and is not under way`);
    }
    const isUndone = this.#undone.delete(generation);
    if (isUndone !== (outcome === "rolled-back")) {
      this.fail(`the reload to generation ${generation} is ${outcome}: rolled back ${isUndone}`);
    }
    const left = [...workers.values()].find(
      (worker) => worker.generation === generation && worker.phase.name !== "exited",
    );
    if (isUndone && left !== undefined) {
      this.fail(`the reload to generation ${generation} ends, and worker ${left.id} is left`);
    }
    const isSteered = this.#steered.delete(generation);
    if (outcome !== "rolled-back" && isSteered !== (outcome === "completed")) {
      this.fail(`the reload to generation ${generation} is ${outcome}: steered to ${isSteered}`);
    }
  }

  #count(generation: number): void {
    if (generation <= this.#lastGeneration) this.fail(`generation ${generation} is used again`);
    this.#lastGeneration = generation;
  }
}
