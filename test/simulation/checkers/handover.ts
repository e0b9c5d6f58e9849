// (b) During a handover: it goes on only as long as somebody serves; no connection comes to a worker of
// the new master before that one has the server; and whoever gives it up has the new master ended.

import type { State } from "../../../src/core/state.ts";
import type { Call } from "../world/kernel.ts";
import type { World } from "../world/world.ts";
import { Checker, hasHeir, type Moment, servingReady } from "./checker.ts";

export class HandoverChecker extends Checker {
  readonly name = "handover";

  override performed({ before, after, effects, world }: Moment): void {
    if (after.handover.name === "offered" && servingReady(after).length === 0) {
      this.fail("a handover goes on while nobody serves");
    }
    const givesUp = before.handover.name === "offered" && after.handover.name === "aborted";
    const aborts = effects.filter(({ type }) => type === "abort-handover").length;
    if (aborts !== (givesUp ? 1 : 0)) this.fail(`the new master is ended ${aborts} times`);
    for (const address of world.kernel.addresses()) this.#checkReach(world, after, address);
  }

  override called(world: World, state: State, _call: Call, address: string): void {
    this.#checkReach(world, state, address);
  }

  #checkReach({ kernel }: World, state: State, address: string): void {
    if (!kernel.steerable || !hasHeir(state) || state.handover.name === "done") return;
    const members = state.groups.get(address)?.members;
    // An address that the new master alone listens on is no address of the server yet.
    if (members === undefined) return;
    for (const id of kernel.reach(address)) {
      if (!members.includes(id)) {
        this.fail(
          `a connection to ${address} comes to worker ${id}, whose master serves nobody yet`,
        );
      }
    }
  }
}
