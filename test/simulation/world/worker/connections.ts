// The connections of a simulated worker, what is asked for on them, and whether there is room for
// more of them.

import { type Fullness, fullnessAt } from "../../../../src/worker/connections/fullness.ts";
import type { Self } from "./self.ts";

/** How often it looks at their number. */
const LOOK_MS = 20;

export class Connections {
  count = 0;
  /** How many have ended since its drain began. */
  served = 0;
  /** Requests that it has counted on its page. */
  counted = 0;
  failed = 0;
  slow = 0;
  /** Those that end only if they are let go of. */
  #lasting = 0;
  #fullness: Fullness;
  #isLooking = false;

  constructor(readonly worker: Self) {
    if (worker.fate.neverIdle) this.count = 1;
  }

  get isFull(): boolean {
    return this.#fullness !== undefined;
  }

  /** One that ends after `durationMs`, if that is ever. It gets 503 if there is no room. */
  accept(durationMs: number): void {
    if (this.isFull) return;
    this.count += 1;
    this.lookSoon();
    if (durationMs === Number.POSITIVE_INFINITY) this.#lasting += 1;
    else this.worker.after(durationMs, () => this.#end());
  }

  /** Lets go of those that last, as they are used, one by one. */
  letGo(): void {
    const { worker } = this;
    for (; this.#lasting > 0; this.#lasting--) {
      worker.after(worker.world.random.wait(3000), () => this.#end());
    }
  }

  #end(): void {
    this.count -= 1;
    this.served += 1;
    this.#count();
    this.lookSoon();
    this.worker.tellIdle();
  }

  /** What was asked for on one connection, and how it was answered. */
  #count(): void {
    const { generation, world } = this.worker;
    const { random, disk } = world;
    const { rollout } = disk.of(generation).settings;
    const requests = rollout === undefined ? 1 : random.pick([1, 5, 20]);
    const quality = disk.qualityOf(generation, world.nowMs);
    this.counted += requests;
    if (quality === "bad") this.failed += Math.ceil(requests / 2);
    if (quality === "slow") this.slow += requests;
  }

  lookSoon(): void {
    const { worker } = this;
    const { random, profile } = worker.world;
    if (this.#isLooking || profile.mostConnections === Number.POSITIVE_INFINITY) return;
    this.#isLooking = true;
    worker.after(random.integer(0, LOOK_MS), () => {
      this.#isLooking = false;
      this.#look();
    });
  }

  /** In a drain nobody new comes. */
  #look(): void {
    const { stage, isOrphan, world } = this.worker;
    if ((stage !== "ready" && stage !== "standby") || isOrphan) return;
    const before = this.#fullness;
    const { nowMs, profile } = world;
    this.#fullness = fullnessAt(before, this.count, profile.mostConnections, nowMs);
    const { isFull } = this;
    if (isFull === (before !== undefined)) return;
    this.worker.say({ type: "full", isFull });
    if (!isFull) this.worker.listening.acceptWaiting();
  }

  /** The drain begins: its next look sees that. */
  takeAllSoon(): void {
    const { worker } = this;
    if (!this.isFull) return;
    worker.after(worker.world.random.integer(0, LOOK_MS), () => this.takeAll());
  }

  /** Whoever has come is served. */
  takeAll(): void {
    this.#fullness = undefined;
    this.worker.listening.acceptWaiting();
  }
}
