// At a stop no connection comes to a listener that is about to be closed: new handshakes are
// dropped there, or, where the kernel does not allow that, diverted from the whole group. That
// takes a program for the group, and a known order of its listeners.

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
      // An orphan takes care of its listeners itself.
      const taking = reached.filter((id) => phaseOf(after, id) !== "orphaned");
      if (taking.length > 0) {
        this.fail(`connections to ${address} still come to [${taking}], and are reset`);
      }
    }
  }
}
