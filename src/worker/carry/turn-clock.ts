// A clock for what others have time for while the event loop turns. An app may hold up the loop for
// seconds: nobody could answer then, so that is not counted.

/** A turn counts as no longer than this. */
const LONGEST_MS = 250;

export class TurnClock {
  #ms = 0;
  #lastMs = performance.now();

  /** The time, which is the same within a turn. */
  get nowMs(): number {
    return this.#ms;
  }

  /** Call it in each turn while something is waited for. */
  turn(): void {
    const nowMs = performance.now();
    this.#ms += Math.min(nowMs - this.#lastMs, LONGEST_MS);
    this.#lastMs = nowMs;
  }
}
