// The page of numbers that a worker counts in and the master reads, whatever the worker is doing.
// Each number is a float of 8 bytes that only the worker writes. This is the layout.

/** Methods with a count of their own; all others share one. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** Counted for a client that went away before its answer: nginx's number for it. */
export const CLIENT_GONE = 499;

const FIRST_STATUS = 100;
const LAST_STATUS = 599;
const STATUSES = LAST_STATUS - FIRST_STATUS + 1;

/** Upper ends of the buckets of durations, in seconds; one more bucket has no end. */
export const DURATION_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Why pounce has ended a request, or a connection, in place of the app. */
export const REJECTIONS = [
  "body_size",
  "header_timeout",
  "request_timeout",
  "upload_rate",
  "connections",
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** The index of each number. From `counters` on, numbers only grow. */
export const PAGE = {
  /** Requests that are being answered. */
  inFlight: 0,
  connections: 1,
  /** How late the last turn of the worker's timer was, in seconds. */
  lag: 2,
  /** When that was, as `machineMs` gives it; 0: never. */
  tickedMs: 3,
  counters: 4,
  responseBytes: 4,
  requestBytes: 5,
  /** Seconds of all measured durations. */
  durationSum: 6,
  durations: 7,
  rejections: 7 + DURATION_BUCKETS.length + 1,
  requests: 7 + DURATION_BUCKETS.length + 1 + REJECTIONS.length,
} as const;

export const PAGE_LENGTH = PAGE.requests + (METHODS.length + 1) * STATUSES;
export const PAGE_BYTES = PAGE_LENGTH * Float64Array.BYTES_PER_ELEMENT;

/**
 * The index that counts requests with this method and status. An invalid status counts as the
 * nearest valid one.
 */
export function requestIndex(method: string, status: number): number {
  const known = Math.min(Math.max(status, FIRST_STATUS), LAST_STATUS);
  return PAGE.requests + methodIndex(method) * STATUSES + known - FIRST_STATUS;
}

/** What `index` counts; methods without a count of their own are `other`. */
export function requestsAt(index: number): { readonly method: string; readonly status: number } {
  const place = index - PAGE.requests;
  const method = METHODS[Math.floor(place / STATUSES)] ?? "other";
  return { method, status: FIRST_STATUS + (place % STATUSES) };
}

export function rejectionIndex(reason: Rejection): number {
  return PAGE.rejections + REJECTIONS.indexOf(reason);
}

export function durationIndex(seconds: number): number {
  let bucket = 0;
  for (const end of DURATION_BUCKETS) {
    if (seconds <= end) break;
    bucket++;
  }
  return PAGE.durations + bucket;
}

/** This is on the request path, so it searches no list. */
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
