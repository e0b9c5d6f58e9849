// A request's head that is on its way: since when, as far as the kernel knows. Bun tells nobody
// about a request before its head is complete, and a client that sends it byte by byte is never
// silent.
import type { Traffic } from "../../net/tcp-info.ts";
import { isAnswered } from "../connections/connection.ts";

/** Bun refuses longer ones. So this much can be no head: it is the rest of an upload. */
const LONGEST_BYTES = 16 * 1024;

/** What has been seen of a head that is not complete. */
export interface Head {
  /** A time by which it had begun, as `performance.now()` gives it. */
  readonly sinceMs: number;
  /** What had been received and sent by then. */
  readonly received: number;
  readonly sentSegments: number;
}

/**
 * The head that a connection is in the middle of, if no request is in flight on it.
 *
 * @param before what this returned at the look before
 */
export function headAt(
  traffic: Traffic,
  before: Head | undefined,
  nowMs: number,
): Head | undefined {
  if (!traffic.hasReceived || isAnswered(traffic)) return undefined;
  const { received, sentSegments } = traffic;
  // Something has been sent since then: an answer to that head.
  const isSame =
    before?.sentSegments === sentSegments && received - before.received <= LONGEST_BYTES;
  return isSame ? before : { sinceMs: nowMs - traffic.sinceReceivedMs, received, sentSegments };
}
