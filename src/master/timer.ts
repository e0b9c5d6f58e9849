// The one timer of the master: wakes the control loop at the next deadline.

/** The longest that a timer can be set for; a later deadline is reached in steps. */
const LONGEST_MS = 2 ** 31 - 1;

export class DeadlineTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly wake: () => void) {}

  /** @param deadlineMs on the clock of `performance.now()`; `undefined`: nothing to wake up for. */
  set(deadlineMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (deadlineMs === undefined) return;
    const delayMs = Math.min(Math.max(0, deadlineMs - performance.now()), LONGEST_MS);
    this.#timer = setTimeout(this.wake, Math.ceil(delayMs));
  }
}
