// How fast a draining worker sends its clients away.
//
// The code of a new generation is not compiled yet: it answers slowly at first. If every kept-alive
// connection came to it at once, requests would queue; spread over a second, they do not. The drain
// takes no longer for it, as it waits for handshakes in progress meanwhile.

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

  /** Whether the connection that is being answered at `nowMs` is to be closed. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs && nowMs < this.#untilMs) return false;
    this.#nextMs += this.#intervalMs;
    return true;
  }
}
