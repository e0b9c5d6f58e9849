// Whatever fails in a master was made to fail by the world: any other error is the master's own
// fault.

import type { State } from "../../../src/core/state.ts";
import type { World } from "../world/world.ts";
import { Checker, type Entry, type Moment } from "./checker.ts";

/** What the world says when it refuses something, and what is said of a group that has grown. */
const REFUSAL = /\bE[A-Z]{3,}\b|other listeners than expected/;

export class FaultsChecker extends Checker {
  readonly name = "faults";
  override readonly watchesSuccessor = true;

  override decided({ event }: Moment): void {
    if (event.type === "effect-failed") this.#check(event.reason);
  }

  override logged(_world: World, _state: State, { event, message }: Entry): void {
    if (event === "master-failed" || event === "master-broken") this.#check(message);
  }

  #check(reason: string): void {
    if (!REFUSAL.test(reason)) this.fail(reason);
  }
}
