// (f) Every wait ends: if nothing will happen by itself, a deadline is set or nothing is left to
// do. After a step no deadline has passed, and no live worker is forgotten.

import { nextDeadline } from "../../../src/core/rules/deadlines.ts";
import { canGrow } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import type { World } from "../world/world.ts";
import { Checker, hasSuccessor, type Moment } from "./checker.ts";

/**
 * How many ticks may follow each other at the same moment: one for each deadline that a tick sets.
 */
const MOST_TICKS_AT_ONCE = 3;

export class WaitsChecker extends Checker {
  readonly name = "waits";
  #ticksAtOnce = 0;
  #lastTickMs = -1;

  override performed({ nowMs, event, after, world }: Moment): void {
    const deadlineMs = nextDeadline(after);
    if (deadlineMs !== undefined && !(deadlineMs >= nowMs)) {
      this.fail(`the next deadline, ${deadlineMs}, has passed already`);
    }
    if (world.untoldRefusals > 0 && !world.isFollowed) {
      this.fail("the kernel has refused something, and the control loop has not heard of it");
    }
    if (event.type === "tick") {
      this.#ticksAtOnce = nowMs === this.#lastTickMs ? this.#ticksAtOnce + 1 : 1;
      this.#lastTickMs = nowMs;
      if (this.#ticksAtOnce > MOST_TICKS_AT_ONCE) this.fail("ticks follow each other without end");
    }
    // That a leader has a lease, and asks for more, is no wait for anything.
    const waitsMs = nextDeadline({ ...after, leader: undefined });
    const waits = waitsMs !== undefined && Number.isFinite(waitsMs);
    if (world.pending === 0 && !world.isFollowed && !waits && !isAtRest(after)) {
      this.fail("nothing is going to happen, no deadline is set, and not everything is done");
    }
    if (!hasSuccessor(after)) this.#checkForgotten(after, world);
  }

  override ended(world: World): void {
    for (const { id } of world.living) this.fail(`the server has exited, and worker ${id} lives`);
    if (world.kernel.addresses().length > 0) this.fail("a listener is left after the exit");
  }

  #checkForgotten(state: State, world: World): void {
    for (const worker of world.living) {
      const known = state.workers.get(worker.id);
      if (known === undefined || known.phase.name === "exited") {
        this.fail(`worker ${worker.id} lives, and is forgotten`);
      }
    }
  }
}

/** Nothing is under way: there are ready workers, as many as wanted, of one generation. */
function isAtRest(state: State): boolean {
  if (state.exited) return true;
  if (state.rollout.name !== "none" || state.stop.name !== "none") return false;
  if (state.succession.name !== "none") return false;
  if (state.startsAtReload && state.reloadWantedBy === undefined) return state.workers.size === 0;
  if (
    state.reloadWantedBy !== undefined ||
    state.bindLock !== undefined ||
    state.serving === undefined
  ) {
    return false;
  }
  const workers = [...state.workers.values()];
  const generation = state.generations.get(state.serving);
  // Its slots stay empty until somebody reloads, or puts its files back.
  const isShort = generation !== undefined && !canGrow(generation) && workers.length > 0;
  return (
    (workers.length === generation?.target || isShort) &&
    workers.every((w) => w.phase.name === "ready" && w.generation === state.serving) &&
    workers.every((w) => w.listeners.size > 0)
  );
}
