// The channel between a simulated worker and its master: messages take their time, and arrive in
// order.

import type { FromWorker, ToWorker } from "../../../../src/ipc/messages.ts";
import type { World } from "../world.ts";
import type { Home } from "./home.ts";

export class Channel {
  /** When the last message each way arrives: the next one is not earlier. */
  #lastInMs = 0;
  #lastOutMs = 0;

  constructor(readonly master: Home) {}

  get world(): World {
    return this.master.world;
  }

  /** The master sends a message. */
  pass(message: ToWorker, receive: (message: ToWorker) => void): void {
    const { world } = this;
    const source = message.type === "lease" ? "pulse" : "world";
    this.#lastInMs = Math.max(this.#lastInMs, world.nowMs + world.latencyMs());
    world.add(this.#lastInMs - world.nowMs, source, () => receive(message));
  }

  say(message: FromWorker, hear: (message: FromWorker) => void): void {
    const source = message.type === "lease-wanted" ? "pulse" : "world";
    this.tell(() => hear(message), source);
  }

  /** Has the master hear of something. */
  tell(hear: () => void, source: "world" | "pulse" = "world"): void {
    const { world, master } = this;
    this.#lastOutMs = Math.max(this.#lastOutMs, world.nowMs + world.latencyMs());
    world.add(this.#lastOutMs - world.nowMs, source, () => master.attempt(hear));
  }
}
