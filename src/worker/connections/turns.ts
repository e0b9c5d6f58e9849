// Whose turn it is to be closed. What has been added last comes first: it has mostly just opened,
// and its client should not have to begin its session twice for long.

export class Turns<T> {
  readonly #waiting: T[] = [];
  readonly eachMs: number;
  readonly #untilMs: number;
  #nextMs: number;

  /** `count` turns, evenly over `overMs` from `nowMs` on; from then on each comes at once. */
  constructor(count: number, overMs: number, nowMs: number) {
    this.eachMs = overMs / Math.max(1, count);
    this.#untilMs = nowMs + overMs;
    this.#nextMs = nowMs;
  }

  add(one: T, nowMs: number): void {
    // Turns that nobody has wanted are lost.
    if (this.#waiting.length === 0) this.#nextMs = Math.max(this.#nextMs, nowMs);
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
      if (!isGone && nowMs < Math.min(this.#nextMs, this.#untilMs)) return;
      this.#waiting.pop();
      if (isGone) continue;
      this.#nextMs += this.eachMs;
      yield one;
    }
  }

  /** When to take again; undefined: nobody waits. */
  get nextMs(): number | undefined {
    return this.#waiting.length === 0 ? undefined : Math.min(this.#nextMs, this.#untilMs);
  }
}
