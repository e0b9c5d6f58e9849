// How much of the event loop's time some work takes that is done in several of its turns.
import { nextTurn } from "../../os/next-turn.ts";

export class WorkTime {
  #sinceMs = performance.now();
  #beforeMs = 0;

  /** Lets the event loop do what else there is. */
  async pause(): Promise<void> {
    this.#beforeMs = this.tookMs;
    await nextTurn();
    this.#sinceMs = performance.now();
  }

  /** Milliseconds until now, without the pauses. */
  get tookMs(): number {
    return this.#beforeMs + performance.now() - this.#sinceMs;
  }
}
