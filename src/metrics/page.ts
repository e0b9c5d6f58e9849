// The page of numbers that a worker counts in and the master reads, whatever the worker is doing.
// Each number is a float of 8 bytes that only the worker writes. This is the layout.
import { DURATION_STEPS, stepOf } from "./durations.ts";

/** Methods with a count of their own; all others share one. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** Answered in place of the app when its time is up. */
export const TIMED_OUT = 504;

/** Counted for a client that went away before its answer: nginx's number for it. */
export const CLIENT_GONE = 499;

const FIRST_STATUS = 100;
export const LAST_STATUS = 599;
/** From here on it is the server that has failed. */
export const FIRST_ERROR = 500;
const STATUSES = LAST_STATUS - FIRST_STATUS + 1;

/** Why pounce has ended a request, or a connection, in place of the app. */
export const REJECTIONS = [
  "body_size",
  "header_timeout",
  "request_timeout",
  "upload_rate",
  "connections",
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/**
 * A worker says how many requests have waited for their answer for longer than each of these, in
 * seconds. All but the first are ends of steps of durations.ts, so that the same can be said of
 * requests that have their answer.
 */
export const WAIT_MARKS = [0, 2.5, 5, 10, 30, 60, 300, 600] as const;

const COUNTERS = 7 + WAIT_MARKS.length;

/** The index of each number. From `counters` on, numbers only grow. */
export const PAGE = {
  /** Requests that are being answered. */
  inFlight: 0,
  connections: 1,
  /** How late the last turn of the worker's timer was, in seconds. */
  lag: 2,
  /** When that was, as `machineMs` gives it; 0: never. */
  tickedMs: 3,
  /** How many turns of its event loop the worker has counted. */
  turns: 4,
  /** When it counted the last one, as `machineMs` gives it. */
  turnedMs: 5,
  /** Within how many milliseconds the next one is due. */
  turnEachMs: 6,
  /** How many requests wait for their answer for longer than each of `WAIT_MARKS`. */
  waiting: 7,
  counters: COUNTERS,
  /** Seconds of all measured durations. */
  durationSum: COUNTERS,
  responseBytes: COUNTERS + 1,
  requestBytes: COUNTERS + 2,
  /** Streams of the app that have failed: bodies that broke off. */
  brokenStreams: COUNTERS + 3,
  /** WebSockets that have come from another worker. */
  carriedWebSockets: COUNTERS + 4,
  /** WebSockets that were to go to another worker, and were closed. */
  notCarriedWebSockets: COUNTERS + 5,
  /** How many measured requests took how long, by the steps of durations.ts. */
  durations: COUNTERS + 6,
  rejections: COUNTERS + 6 + DURATION_STEPS,
  requests: COUNTERS + 6 + DURATION_STEPS + REJECTIONS.length,
} as const;

/** So many numbers at the start of a page tell how far its worker has got. */
export const PROGRESS_LENGTH = PAGE.durationSum + 1;

/** How far a worker has got. */
export interface Far {
  /**
   * A number that grows as long as it gets on. Under a flood of connections its timers come seconds
   * late, but it answers requests all the time.
   */
  readonly count: number;
  /** When it last counted a turn, as `machineMs` gives it. */
  readonly turnedMs: number;
  /** Within how many milliseconds the next one is due. */
  readonly turnEachMs: number;
}

export function farOn(page: Float64Array): Far {
  const at = (index: number): number => page[index] ?? 0;
  const count = at(PAGE.turns) + at(PAGE.durationSum);
  return { count, turnedMs: at(PAGE.turnedMs), turnEachMs: at(PAGE.turnEachMs) };
}

/** Methods with a count of their own, and the one for all others. */
export const METHODS_COUNTED = METHODS.length + 1;

export const PAGE_LENGTH = PAGE.requests + METHODS_COUNTED * STATUSES;
export const PAGE_BYTES = PAGE_LENGTH * Float64Array.BYTES_PER_ELEMENT;

/**
 * The index that counts requests with this method and status. An invalid status counts as the
 * nearest valid one.
 */
export function requestIndex(method: string, status: number): number {
  const known = Math.min(Math.max(status, FIRST_STATUS), LAST_STATUS);
  return requestPlace(methodIndex(method), known);
}

/** @param method its place in `METHODS`; past the end: any other. @param status a valid one */
export function requestPlace(method: number, status: number): number {
  return PAGE.requests + method * STATUSES + status - FIRST_STATUS;
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
  return PAGE.durations + stepOf(seconds);
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
