// When this process did nothing: it was stopped, or got no processor. What times out meanwhile is
// no fault of the server.

/** Less than that is a busy machine. */
const SHORTEST_MS = 1000;

export class Stalls {
  /** The longest one; 0: there was none. */
  longestMs = 0;
  #lastMs: number;

  /** @param eachMs how often `tick` is to be called */
  constructor(
    readonly eachMs: number,
    nowMs = performance.now(),
  ) {
    this.#lastMs = nowMs;
  }

  tick(nowMs: number): void {
    const lateMs = nowMs - this.#lastMs - this.eachMs;
    if (lateMs >= SHORTEST_MS) this.longestMs = Math.max(this.longestMs, lateMs);
    this.#lastMs = nowMs;
  }
}
