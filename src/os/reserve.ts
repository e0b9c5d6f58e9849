// Descriptors held in reserve. They are given up for what must not fail when no more are to be had.
import { AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM } from "./constants.ts";
import { libc } from "./libc.ts";
import { descriptorLimit } from "./shortage.ts";

/**
 * How many of `limit` to hold: a 32nd, from 8 to 32. A private server of Bun and its client take
 * about five.
 */
export function reserveOf(limit: number): number {
  return Math.min(Math.max(8, Math.floor(limit / 32)), 32);
}

export class DescriptorReserve {
  #held: number[] = [];
  readonly size = reserveOf(descriptorLimit()?.soft ?? Infinity);

  get held(): number {
    return this.#held.length;
  }

  /** Holds them, as far as there are enough. */
  hold(): void {
    const { socket } = libc();
    while (this.#held.length < this.size) {
      const descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (descriptor < 0) return;
      this.#held.push(descriptor);
    }
  }

  /** Gives them up. */
  release(): void {
    const { close } = libc();
    for (const descriptor of this.#held.splice(0)) close(descriptor);
  }
}
