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

/** A connection that has been quiet for so long past its time is taken for a new one. */
const FORGET_MS = 30_000;

/** Lets each connection live for about the same time, for as long as that is asked for. */
export class SteadyPace {
  /** By the client's port: when to close the connection. */
  readonly #dueMs = new Map<number, number>();
  readonly #startMs: number;

  /** @param random from 0 to 1 */
  constructor(
    readonly lifeMs: number,
    nowMs: number,
    readonly random: () => number = Math.random,
  ) {
    this.#startMs = nowMs;
  }

  isOver(): boolean {
    return false;
  }

  /** @param port of the client whose connection is being answered; undefined: none to tell it by */
  isDue(nowMs: number, port: () => number | undefined): boolean {
    const at = port();
    if (at === undefined) return false;
    const dueMs = this.#dueMs.get(at);
    if (dueMs !== undefined && nowMs < dueMs) return false;
    const isKnown = dueMs !== undefined && nowMs - dueMs < FORGET_MS;
    if (isKnown) this.#dueMs.delete(at);
    else this.#dueMs.set(at, nowMs + this.#life(nowMs));
    return isKnown;
  }

  /** Those that are there when it begins are spread over the time, and none is closed at once. */
  #life(nowMs: number): number {
    const isFirst = nowMs < this.#startMs + this.lifeMs;
    return this.lifeMs * (isFirst ? this.random() : 0.5 + this.random());
  }
}
