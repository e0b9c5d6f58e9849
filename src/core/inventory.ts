// What a master hands over to its successor.

import type { Steering } from "./moves/accept-group.ts";

/** What a master hands over: the first thing that its successor learns. */
export interface Inventory {
  readonly generation: number;
  readonly nextGeneration: number;
  readonly nextWorker: number;
  readonly steering: Steering;
  /** `wantsLead`: its app has a use for a leader; left out: no. */
  readonly workers: readonly {
    readonly worker: number;
    readonly slot: number;
    readonly wantsLead?: true;
  }[];
  /** The members of each accept group, in the order of the kernel's array. */
  readonly groups: readonly { readonly address: string; readonly members: readonly number[] }[];
}

/** What it says of its leader with the grant: another worker may have become it since the offer. */
export interface Leadership {
  /** Left out: nobody leads. */
  readonly leader?: number;
  /** Workers that have let their lease run out, and have not said so. */
  readonly silent: readonly number[];
}
