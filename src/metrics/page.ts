// The page of numbers that a worker counts in and the master reads, whatever the worker is doing.
// Each is a float of 8 bytes, written by the worker alone. This is its layout.

/** Methods with a count of their own; all others share one. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** What is counted for a client that went away before its answer: nginx's number for it. */
export const CLIENT_GONE = 499;

const FIRST_STATUS = 100;
const LAST_STATUS = 599;
const STATUSES = LAST_STATUS - FIRST_STATUS + 1;

/** Upper ends of the buckets of durations, in seconds; a last one has no end. */
export const DURATION_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Where things are. All from `counters` on only ever grow. */
export const PAGE = {
  /** Requests that are being answered. */
  inFlight: 0,
  connections: 1,
  /** How late the last turn of the worker's timer was, in seconds. */
  lag: 2,
  /** When that was, as `machineMs` gives it; 0: not yet. */
  tickedMs: 3,
  counters: 4,
  responseBytes: 4,
  requestBytes: 5,
  /** Seconds of all measured durations. */
  durationSum: 6,
  durations: 7,
  requests: 7 + DURATION_BUCKETS.length + 1,
} as const;

export const PAGE_LENGTH = PAGE.requests + (METHODS.length + 1) * STATUSES;
export const PAGE_BYTES = PAGE_LENGTH * Float64Array.BYTES_PER_ELEMENT;

/**
 * Where requests of a method with this status are counted. A status that is none counts as the
 * nearest.
 */
export function requestIndex(method: string, status: number): number {
  const known = Math.min(Math.max(status, FIRST_STATUS), LAST_STATUS);
  return PAGE.requests + methodIndex(method) * STATUSES + known - FIRST_STATUS;
}

/** What is counted at `index`; the method of all others is `other`. */
export function requestsAt(index: number): { readonly method: string; readonly status: number } {
  const place = index - PAGE.requests;
  const method = METHODS[Math.floor(place / STATUSES)] ?? "other";
  return { method, status: FIRST_STATUS + (place % STATUSES) };
}

/** Where a duration in seconds is counted. */
export function durationIndex(seconds: number): number {
  let bucket = 0;
  for (const end of DURATION_BUCKETS) {
    if (seconds <= end) break;
    bucket++;
  }
  return PAGE.durations + bucket;
}

/** On the request path, so no search through a list. */
function methodIndex(method: string): number {
  switch (method) {
    case "GET":
      return 0;
    case "HEAD":
      return 1;
    case "POST":
      return 2;
    case "PUT":
      return 3;
    case "PATCH":
      return 4;
    case "DELETE":
      return 5;
    case "OPTIONS":
      return 6;
    default:
      return METHODS.length;
  }
}
