// Whether connections remain, found out for next to nothing while they do.
//
// To look at each descriptor takes a drain some microseconds for each, 50 times a second. How many
// there are, the kernel says at once: while there are more than were no connections at the last
// look, some connection remains, or the app has opened something, which the next look tells.

/** How long the number of descriptors may stand for a look. */
const LOOK_EACH_MS = 500;

export class Remaining {
  #others = Infinity;
  #lookMs = 0;

  /** @param count how many descriptors are open; `undefined` where the kernel does not say */
  constructor(readonly count: () => number | undefined) {}

  /** A look has found so many connections. */
  note(connections: number, nowMs: number): void {
    this.#others = (this.count() ?? Infinity) - connections;
    this.#lookMs = nowMs + LOOK_EACH_MS;
  }

  /** Whether it is plain that some remain. If not, somebody has to look. */
  isPlain(nowMs: number): boolean {
    return nowMs < this.#lookMs && (this.count() ?? 0) > this.#others;
  }
}
