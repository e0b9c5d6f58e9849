// How long a connection may still be idle, as far as the kernel knows.
import type { Traffic } from "../../net/tcp-info.ts";

/** What a client may do with a connection; all but the last in milliseconds. */
export interface ConnectionLimits {
  /** How long it may be idle between requests. */
  readonly keepAliveMs: number;
  /** How long until its first request begins. */
  readonly silentMs: number;
  /** For a request's head. */
  readonly headerMs: number;
  /** Bytes per second of an upload; 0: none. */
  readonly uploadRate: number;
}

/**
 * How many milliseconds until a connection on which nothing is under way has been quiet for too
 * long, if nothing more happens on it; 0 or less: it already has.
 *
 * @param isSilent nothing of a request has ever come
 */
export function idleInMs(
  { keepAliveMs, silentMs }: Pick<ConnectionLimits, "keepAliveMs" | "silentMs">,
  { sinceSentMs, sinceReceivedMs }: Pick<Traffic, "sinceSentMs" | "sinceReceivedMs">,
  isSilent: boolean,
): number {
  return (isSilent ? silentMs : keepAliveMs) - Math.min(sinceSentMs, sinceReceivedMs);
}
