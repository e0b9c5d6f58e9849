// What a simulated worker has of the process that has spawned it.

import type { World } from "../world.ts";

export interface Home {
  readonly world: World;
  readonly isAlive: boolean;
  /** Does something there. */
  attempt(act: () => void): void;
  /** How far its workers get is about to change. */
  watch(): void;
  /** It gets a descriptor. */
  take(descriptor: number): number;
}
