// A master that ends normally has closed each listener that it got, exactly once. world/sockets.ts
// sees whether a closed one is used.

import type { MasterProcess } from "../world/master-process.ts";
import type { World } from "../world/world.ts";
import { Checker } from "./checker.ts";

export class DescriptorsChecker extends Checker {
  readonly name = "descriptors";
  /** Those that have taken over. */
  readonly #successors = new Set<MasterProcess>();

  override succeeded(_from: MasterProcess, to: MasterProcess): void {
    this.#successors.add(to);
  }

  override exited(_world: World, process: MasterProcess, code: number | undefined): void {
    const hadServer = process.predecessor === undefined || this.#successors.has(process);
    const { size } = process.sockets.open;
    if (code !== undefined && hadServer && size > 0) {
      this.fail(`process ${process.pid} ends, and has ${size} listeners`);
    }
  }
}
