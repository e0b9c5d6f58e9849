// The one timer of the master: wakes the control loop at the next deadline.
import type { Cancel, Clock } from "./surroundings.ts";

/** The longest that a timer can be set for; a later deadline is reached in steps. */
const LONGEST_MS = 2 ** 31 - 1;

export class DeadlineTimer {
  #cancel: Cancel | undefined;

  constructor(
    readonly clock: Clock,
    readonly wake: () => void,
  ) {}

  /** @param deadlineMs on the clock's time; `undefined`: nothing to wake up for */
  set(deadlineMs: number | undefined): void {
    this.#cancel?.();
    if (deadlineMs === undefined) return;
    const delayMs = Math.min(Math.max(0, deadlineMs - this.clock.now()), LONGEST_MS);
    this.#cancel = this.clock.after(Math.ceil(delayMs), this.wake);
  }
}
