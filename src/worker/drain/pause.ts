// How often a draining worker looks whether it has become idle.
//
// What it waits for is mostly that the keep-alive limit ends the connections of clients which have
// nothing to ask. A look costs little, but hundreds of them would cost more than all else in such
// a drain.

const POLL_MS = 20;
/**
 * A poll takes at most one part in this many of the time: with many connections polls are rarer.
 */
const SHARE_OF_TIME = 20;
/** But a poll that took long because the process was held up does not make the next one late. */
const MOST_FOR_SHARE_MS = 1000;
/**
 * Nor is a drain later to end than by one part in so many of the time that it has taken: nobody
 * waits for clients that are idle.
 */
const SHARE_OF_DRAIN = { busy: 50, idle: 10 };
/** But a stop that comes during a drain of hours is to be noticed soon. */
const MOST_LATE_MS = 500;

/**
 * How long to wait until the next poll, in milliseconds.
 * @param tookMs the latest poll
 * @param drainMs the drain so far
 * @param load whether a client waits for something
 */
export function pauseMs(tookMs: number, drainMs: number, load: "busy" | "idle"): number {
  const late = Math.min(drainMs / SHARE_OF_DRAIN[load], MOST_LATE_MS);
  return Math.max(POLL_MS, Math.min(tookMs * SHARE_OF_TIME, MOST_FOR_SHARE_MS), late);
}
