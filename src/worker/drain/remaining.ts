// Whether connections remain, found out for next to nothing while they do.
//
// To look at each descriptor takes a drain some microseconds for each, 50 times a second. How many
// there are, the kernel says at once: while there are more than were no connections at the last
// look, some connection remains, or the app has opened something, which the next look tells.

/** How long the number of descriptors may stand for a look. */
const LOOK_EACH_MS = 500;
const POLL_MS = 20;
/**
 * A poll takes at most one part in this many of the time: with many connections polls are rarer.
 */
const SHARE_OF_TIME = 20;
/** Nor is a drain later to end than by one part in this many of the time that it has taken. */
const SHARE_OF_DRAIN = 50;
/** But a stop that comes during a drain of hours is to be noticed soon. */
const MOST_LATE_MS = 500;

/**
 * How long to wait until the next poll, in milliseconds.
 * @param tookMs the latest poll
 * @param drainMs the drain so far
 */
export function pauseMs(tookMs: number, drainMs: number): number {
  const late = Math.min(drainMs / SHARE_OF_DRAIN, MOST_LATE_MS);
  return Math.max(POLL_MS, tookMs * SHARE_OF_TIME, late);
}

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
