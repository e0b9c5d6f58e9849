// What a client waits for, one thing at a time, as the timeline of its mode has it.
import type { Tally } from "./tally.ts";

export class Wait {
  #isWaiting = false;

  constructor(
    readonly tally: Tally,
    readonly now: () => number,
  ) {}

  /** It waits for an answer from now on; a loss does not end that. Returns the time. */
  begin(): number {
    const nowMs = this.now();
    if (!this.#isWaiting) this.tally.begin(nowMs);
    this.#isWaiting = true;
    return nowMs;
  }

  /** It waits no more, without an answer that counts. */
  rest(): void {
    if (this.#isWaiting) this.tally.rest(this.now());
    this.#isWaiting = false;
  }

  /** What it waited for has come, or a part of it. Returns the time. */
  heard(): number {
    const nowMs = this.now();
    if (this.#isWaiting) this.tally.heard(nowMs);
    this.#isWaiting = false;
    return nowMs;
  }

  /** An answer has come that counts. */
  answered(sinceMs: number): void {
    this.tally.count(this.heard() - sinceMs);
  }
}
