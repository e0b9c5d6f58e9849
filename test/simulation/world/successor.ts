// A simulated process that is to take over: how far it is, and what its fate is.

import { PROTOCOLS } from "../../../src/core/handover-protocol.ts";
import { successorState } from "../../../src/core/rules/takeover.ts";
import type { Inventory } from "../../../src/core/inventory.ts";
import type { State } from "../../../src/core/state.ts";
import { VERSION } from "../../core/scenario.ts";
import type { Disk, Version } from "./disk.ts";
import type { Random } from "./random.ts";

export interface SuccessorFate {
  /** The protocols with which it says hello, or why it does not. */
  readonly hello: readonly number[] | "never" | "ends" | "cannot start";
}

export function randomFate(random: Random, faultRate: number): SuccessorFate {
  const isBad = random.chance(faultRate);
  const bad = ["never", "ends", "cannot start", [1], [...PROTOCOLS, 99]] as const;
  return { hello: isBad ? random.pick(bad) : PROTOCOLS };
}

export class SimulatedSuccessor {
  isAlive = true;
  hangs = false;
  hasClaimed = false;
  /** Of its control loop, once it has made its plans. */
  state: State | undefined;
  offered: Inventory | undefined;
  version: Version | undefined;
  /** Its own workers. */
  readonly spawned = new Set<number>();
  /** When the last message from it arrives: the next one is not earlier. */
  lastOutMs = 0;

  constructor(readonly hello: SuccessorFate["hello"]) {}

  /** It hears, and does what it is to do. */
  get turns(): boolean {
    return this.isAlive && !this.hangs;
  }

  begin(disk: Disk): void {
    const { offered, version } = this;
    if (offered === undefined || version === undefined) throw new Error("it has no plan");
    disk.put(offered.nextGeneration, version);
    this.state = successorState(version.settings, VERSION, offered);
  }
}
