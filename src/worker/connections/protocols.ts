// Which connections of a draining worker speak HTTP/2. Bun does not tell: a request looks the same.
// What happens to a connection tells. All answers are marked `Connection: close`. Bun ends an
// HTTP/1.1 connection after such an answer, and HTTP/2 has no such header. So the connection that
// lives on, or has another request, speaks HTTP/2.
import type { Tracked } from "../requests/in-flight.ts";

/** How long Bun may take to end an HTTP/1.1 connection after its last answer. */
const END_WITHIN_MS = 100;
/** How exact the kernel is about when data was sent, with much to spare. */
const INEXACT_MS = 20;

/** What is known about a connection. Times are as `performance.now()` gives them. */
export interface Evidence {
  readonly isHttp2: boolean;
  /** Answers that were sent after this are marked. */
  readonly sinceMs: number;
  /** When it was first found to be without a request, with a marked answer sent. */
  readonly answeredMs?: number | undefined;
  /** A request in flight whose answer is or will be marked. */
  readonly request?: Tracked | undefined;
}

/** What a look shows of a connection. */
export interface Look {
  readonly nowMs: number;
  /** When data was last sent over it; undefined: never, or it is not all sent. */
  readonly sentMs: number | undefined;
  /** Those in flight on it. */
  readonly requests: readonly { readonly request: Tracked; readonly sinceMs: number }[];
}

/** Before the first look. @param markedMs since when answers are marked */
export function noEvidence(markedMs: number): Evidence {
  return { isHttp2: false, sinceMs: markedMs };
}

/** What is known after one more look. */
export function judge(before: Evidence, { nowMs, sentMs, requests }: Look): Evidence {
  if (before.isHttp2) return before;
  const { sinceMs } = before;
  const proven = { isHttp2: true, sinceMs };
  const [first, second] = requests;
  if (second !== undefined) return proven;
  if (first !== undefined) {
    // Its answer may have begun before answers were marked.
    if (first.sinceMs < sinceMs) return noEvidence(nowMs);
    const isNext = before.request !== undefined && before.request !== first.request;
    return isNext ? proven : { ...before, answeredMs: undefined, request: first.request };
  }
  if (sentMs === undefined || sentMs < sinceMs + INEXACT_MS) return before;
  const { answeredMs = nowMs } = before;
  return nowMs - answeredMs >= END_WITHIN_MS ? proven : { ...before, answeredMs };
}

/** Whether its end now, without a word, could cost an HTTP/1.1 client a request. */
export function mayBeHarmed({ isHttp2, sinceMs }: Evidence, requests: Look["requests"]): boolean {
  if (isHttp2) return false;
  return requests.length === 0 || requests.some((request) => request.sinceMs < sinceMs);
}
