// (b) During a handover: it goes on only as long as somebody serves; no connection comes to a
// worker of the new master before that one has the server; and whoever gives it up has the new
// master ended. When the old master has died, the end of its workers is no crash.

import type { State } from "../../../src/core/state.ts";
import type { Call } from "../world/kernel.ts";
import type { World } from "../world/world.ts";
import { Checker, hasSuccessor, isSteeredIn, type Moment, servingReady } from "./checker.ts";

export class HandoverChecker extends Checker {
  readonly name = "handover";
  readonly #orphans = new Set<number>();

  override decided({ event, before, after, effects }: Moment): void {
    if (event.type === "predecessor-ended") for (const id of event.workers) this.#orphans.add(id);
    if (event.type !== "worker-exited" || !this.#orphans.has(event.worker)) return;
    const isLogged = effects.some((e) => e.type === "log" && e.event === "worker-crashed");
    const isCounted = after.respawn.crashesMs.length > before.respawn.crashesMs.length;
    if (isLogged || isCounted) this.fail(`the end of orphan ${event.worker} counts as a crash`);
  }

  override performed({ before, after, effects, world }: Moment): void {
    if (after.succession.name === "offered" && servingReady(after).length === 0) {
      this.fail("a handover goes on while nobody serves");
    }
    const givesUp = before.succession.name === "offered" && after.succession.name === "aborting";
    const aborts = effects.filter(({ type }) => type === "abort-handover").length;
    if (aborts !== (givesUp ? 1 : 0)) this.fail(`the new master is ended ${aborts} times`);
    for (const address of world.kernel.addresses()) this.#checkReach(world, after, address);
  }

  override called(world: World, state: State, _call: Call, address: string): void {
    this.#checkReach(world, state, address);
  }

  #checkReach(world: World, state: State, address: string): void {
    const { kernel } = world;
    if (!isSteeredIn(world, state) || !hasSuccessor(state) || state.succession.name === "granted")
      return;
    // An address that the new master alone listens on is no address of the server yet.
    if (!state.groups.has(address)) return;
    for (const id of kernel.reach(address)) {
      // The new master's workers have numbers that the old one has not used.
      if (id >= state.nextWorker) {
        this.fail(
          `a connection to ${address} comes to worker ${id}, whose master serves nobody yet`,
        );
      }
    }
  }
}
