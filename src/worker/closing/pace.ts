// How fast a draining worker sends its clients away.
//
// A new generation's code is not compiled yet, and answers slowly at first. If all kept-alive
// connections came to it at once, requests would queue; spread over a second, they do not. The
// drain takes no longer for that, because it waits for handshakes in progress anyway.

/** The time over which connections are sent away at a reload. Less than the linger of a drain. */
export const PACE_MS = 1000;

export class Pace {
  readonly #intervalMs: number;
  readonly #untilMs: number;
  #nextMs: number;

  /**
   * Sends `connections` away evenly over `overMs` from `nowMs` on, and all that are left
   * afterwards.
   */
  constructor(connections: number, overMs: number, nowMs: number) {
    this.#intervalMs = overMs / Math.max(1, connections);
    this.#untilMs = nowMs + overMs;
    this.#nextMs = nowMs;
  }

  /** Sends nobody away. */
  static still(): Pace {
    return new Pace(1, Infinity, Infinity);
  }

  /** Whether all that are answered from `nowMs` on are sent away. */
  isOver(nowMs: number): boolean {
    return nowMs >= this.#untilMs;
  }

  /** Whether to close the connection that is being answered at `nowMs`. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs && nowMs < this.#untilMs) return false;
    this.#nextMs += this.#intervalMs;
    return true;
  }
}

/** Sends each client away about once in a time, for as long as that is asked for. */
export class SteadyPace implements Pick<Pace, "isDue" | "isOver"> {
  #nextMs: number;

  /** @param connections how many there are, about */
  constructor(
    readonly connections: () => number,
    readonly eachMs: number,
    nowMs: number,
  ) {
    this.#nextMs = nowMs + eachMs;
  }

  isOver(): boolean {
    return false;
  }

  /** Whether to close the connection that is being answered at `nowMs`. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    const intervalMs = this.eachMs / Math.max(1, this.connections());
    // Turns that nobody took are not made up for.
    this.#nextMs = Math.max(this.#nextMs, nowMs - intervalMs) + intervalMs;
    return true;
  }
}
