// At a stop no connection comes to a listener that is going to be closed on it: new handshakes are
// dropped there, or, where the kernel does not let anybody drop them, diverted from the whole
// group. It takes the program of a group to do that, and an order of its listeners that is known.

import { Checker, hasSuccessor, isSteeredIn, type Moment, phaseOf } from "./checker.ts";

export class DiversionChecker extends Checker {
  readonly name = "diversion";
  /** The kernel has refused to divert their groups. */
  readonly #refused = new Set<string>();

  override performed({ event, after, world }: Moment): void {
    const { kernel } = world;
    if (event.type === "effect-failed" && event.effect.type === "divert") {
      this.#refused.add(event.effect.address);
    }
    const isPossible = isSteeredIn(world, after) && after.bindLock === undefined;
    if (after.stop.name !== "draining" || !isPossible || hasSuccessor(after)) return;
    for (const address of kernel.addresses()) {
      if (this.#refused.has(address)) continue;
      const reached = kernel.reach(address).filter((id) => !kernel.drops(address, id));
      // An orphan sees to its listeners itself.
      const taking = reached.filter((id) => phaseOf(after, id) !== "orphaned");
      if (taking.length > 0) {
        this.fail(`connections to ${address} still come to [${taking}], and are reset`);
      }
    }
  }
}
