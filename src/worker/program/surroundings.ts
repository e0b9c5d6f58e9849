// What a program finds in its process that is not as under Bun. It is put there before the module of
// the program is imported, so that nothing can have looked at it before.
import { slotIn } from "../../ipc/worker-name.ts";
import type { Address } from "../../net/address.ts";
import { ClusterUse } from "./cluster.ts";
import { tellAddress } from "./environment.ts";
import { OwnListeners } from "./own-listeners.ts";

/** Read here, as a program gets arguments of its own. */
const slot = slotIn(process.argv.slice(2)) ?? 0;

export class Surroundings {
  readonly listeners: OwnListeners;
  readonly #cluster: ClusterUse;

  /**
   * @param entry the program's main file; "": it is inside the executable
   * @param addresses where pounce listens
   */
  constructor(entry: string, addresses: readonly Address[]) {
    tellAddress(addresses);
    this.listeners = new OwnListeners(addresses);
    this.#cluster = new ClusterUse(entry, slot + 1);
  }

  /** Lines for the log about what the program has been given. @param label the program's name */
  notes(label: string): string[] {
    if (!this.#cluster.isUsed) return [];
    return [
      `${label} uses node:cluster: pounce's workers take the place of its own, so isPrimary is ` +
        "false in each of them, and fork is refused",
    ];
  }
}
