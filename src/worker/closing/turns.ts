// Whose turn it is to be closed. What has opened last comes first: it has a session that has hardly
// begun, and its client should not have to begin it twice for long.
import type { Pace } from "./pace.ts";

export class Turns<T> {
  /** The next one is the last of them. */
  readonly #waiting: T[];

  /** @param all in the order in which they are closed */
  constructor(
    all: Iterable<T>,
    readonly pace: Pace,
  ) {
    this.#waiting = [...all].toReversed();
  }

  /** One more has opened. */
  add(one: T): void {
    this.#waiting.push(one);
  }

  /**
   * Those whose turn has come, which are no longer waiting then.
   * @param isOpen it has not been closed otherwise: who has takes no turn
   */
  *take(nowMs: number, isOpen: (one: T) => boolean): Generator<T, void> {
    while (this.#waiting.length > 0) {
      const one = this.#waiting.at(-1) as T;
      const isGone = !isOpen(one);
      if (!isGone && !this.pace.isDue(nowMs)) return;
      this.#waiting.pop();
      if (!isGone) yield one;
    }
  }

  /** When to take again; undefined: nobody waits. */
  get nextMs(): number | undefined {
    return this.#waiting.length === 0 ? undefined : this.pace.nextMs;
  }
}
