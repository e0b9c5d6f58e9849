// Sums the pages of workers.
import { PAGE } from "./page.ts";

/** So many counters at a time are looked over, whether there is anything to add. */
const STRETCH = 256;
const ZEROS = Buffer.alloc(STRETCH * Float64Array.BYTES_PER_ELEMENT);

/** Adds the counters of one page to another's; numbers that are not counters stay as they are. */
export function addCounters(to: Float64Array, page: Float64Array): void {
  for (let from = PAGE.counters; from < page.length; from += STRETCH) {
    const stretch = page.subarray(from, from + STRETCH);
    if (isZero(stretch)) continue;
    for (let at = 0; at < stretch.length; at++) {
      to[from + at] = (to[from + at] ?? 0) + (stretch[at] ?? 0);
    }
  }
}

/** Compares the memory: most of a page's counters are of methods and statuses that never come. */
function isZero({ buffer, byteOffset, byteLength }: Float64Array): boolean {
  return (
    ZEROS.compare(Buffer.from(buffer, byteOffset, byteLength), 0, byteLength, 0, byteLength) === 0
  );
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
