// What a CA says when it refuses: why, and when to come again.
import type { Failure } from "./schedule.ts";

/** What counts of an answer of a CA. */
export interface Answer {
  readonly status: number;
  /** The header, if there is one. */
  readonly retryAfter: string | undefined;
  /** The type of its problem (RFC 7807), if it is one. */
  readonly type: string | undefined;
}

const LEAST_REFUSAL = 400;
const TOO_MANY = 429;
const UNAVAILABLE = 503;

/** @param last what the CA has answered last; undefined: nothing */
export function failureOf(reason: string, last: Answer | undefined, nowMs: number): Failure {
  if (last === undefined || last.status < LEAST_REFUSAL) return { reason };
  const isLimited = last.status === TOO_MANY || last.type?.endsWith(":rateLimited") === true;
  const counts = isLimited || last.status === UNAVAILABLE;
  const retryAfterMs = counts ? retryAfterMsOf(last.retryAfter, nowMs) : undefined;
  return { reason, retryAfterMs, isLimited };
}

/** The header Retry-After: seconds, or a date. */
export function retryAfterMsOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
