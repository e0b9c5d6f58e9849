// Sums the pages of workers.
import { PAGE } from "./page.ts";

/** Adds the counters of one page to another's; numbers that are not counters stay as they are. */
export function addCounters(to: Float64Array, page: Float64Array): void {
  for (let index = PAGE.counters; index < page.length; index++) {
    to[index] = (to[index] ?? 0) + (page[index] ?? 0);
  }
}

/** How all live workers are doing now. */
export interface WorkersNow {
  readonly inFlight: number;
  readonly connections: number;
  /** The lag of the slowest worker, in seconds. */
  readonly lag: number;
}

/** How often a worker notes how it is doing, in seconds; less often with very many connections. */
const TICK_SECONDS = 1;

/** @param nowMs as `machineMs` gives it */
export function workersNow(pages: readonly Float64Array[], nowMs: number): WorkersNow {
  const sumOf = (index: number): number => pages.reduce((sum, page) => sum + (page[index] ?? 0), 0);
  return {
    inFlight: sumOf(PAGE.inFlight),
    connections: sumOf(PAGE.connections),
    lag: Math.max(0, ...pages.map((page) => lagOf(page, nowMs))),
  };
}

/** A stuck worker does not say how late it is: its last note is too old. */
function lagOf(page: Float64Array, nowMs: number): number {
  const tickedMs = page[PAGE.tickedMs] ?? 0;
  const overdue = tickedMs === 0 ? 0 : (nowMs - tickedMs) / 1000 - 2 * TICK_SECONDS;
  return Math.max(page[PAGE.lag] ?? 0, overdue);
}
