// An upload that is on its way: whether it is too slow. Nobody says how much of a body has come, or
// whether all of it has. So it is judged by what the kernel has received, and never against a
// client: where it is not certain that the client has more to send, its upload is not too slow.

/** The time over which a rate is averaged. */
export const WINDOW_MS = 30_000;
/** A body of unknown length that has not grown for that long may be complete. */
const GROWN_WITHIN_MS = 15_000;

/** How much a connection had received at some time. */
export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** What has been seen of the body of one request. */
export interface Upload {
  /** What the connection had received before the request, or less. */
  readonly baseBytes: number;
  /** The latest, and those of the window before it. */
  readonly samples: readonly Sample[];
  /** When it was last seen to have grown. */
  readonly grownMs: number;
}

/** The upload of a request that is first seen. @param startedMs when the request came */
export function newUpload(baseBytes: number, startedMs: number): Upload {
  return { baseBytes, samples: [{ atMs: startedMs, bytes: baseBytes }], grownMs: startedMs };
}

/**
 * What is known of an upload after one more look.
 *
 * @param bytes that the connection has received
 * @param unread how many of them wait to be read: then the client waits for us, and not we for it
 */
export function uploadAt(before: Upload, nowMs: number, bytes: number, unread: number): Upload {
  const latest = { atMs: nowMs, bytes };
  if (unread > 0) return { ...before, samples: [latest], grownMs: nowMs };
  const samples = [...before.samples, latest];
  const from = samples.findLastIndex(({ atMs }) => nowMs - atMs >= WINDOW_MS);
  const hasGrown = bytes > (before.samples.at(-1)?.bytes ?? 0);
  return {
    ...before,
    samples: samples.slice(Math.max(0, from)),
    grownMs: hasGrown ? nowMs : before.grownMs,
  };
}

/** How many bytes a request has, its head included, as far as that is known. */
export interface Expected {
  /** So many or more; undefined: the length of its body is not known. */
  readonly leastBytes: number | undefined;
  /** A client that has sent as many may be waiting until it may send more. */
  readonly mostBytes: number;
}

/**
 * Whether a client sends fewer bytes per second than it must, over the whole window, and certainly
 * has more to send, and may.
 */
export function isTooSlow(
  { baseBytes, samples, grownMs }: Upload,
  nowMs: number,
  minRate: number,
  { leastBytes, mostBytes }: Expected,
): boolean {
  const [first, latest] = [samples[0], samples.at(-1)];
  if (first === undefined || latest === undefined) return false;
  const tookMs = latest.atMs - first.atMs;
  const sent = latest.bytes - baseBytes;
  if (tookMs < WINDOW_MS || sent >= mostBytes) return false;
  const hasMore = leastBytes === undefined ? nowMs - grownMs < GROWN_WITHIN_MS : sent < leastBytes;
  return hasMore && (latest.bytes - first.bytes) * 1000 < minRate * tookMs;
}

/** The part of a request that tells how long it is. */
interface Sized {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
}

const WITHOUT_BODY = new Set(["GET", "HEAD"]);
/** What the first line and the end of a head have besides method and target. */
const FIXED_BYTES = "  HTTP/1.1\r\n\r\n".length;
/** A client of HTTP/2 may send this much of each body at first (RFC 9113, 6.9.2), less its head. */
const LEAST_ALLOWED_BYTES = 60_000;
/** A header's colon and line end. */
const HEADER_BYTES = ":\r\n".length;
/** Headers that are as the client has sent them: an app may have put others into its request. */
const CLIENTS_OWN = ["user-agent", "accept", "accept-encoding", "content-type", "content-length"];

/** Whether a request may have a body that is on its way. */
export function hasUpload({ method, headers }: Sized): boolean {
  if (WITHOUT_BODY.has(method)) return false;
  return headers.has("transfer-encoding") || Number(headers.get("content-length")) > 0;
}

/** @param target path and query, as Bun gives them */
export function ofHttp1(request: Sized, target: string): Expected {
  const body = bodyBytes(request);
  if (body === undefined) return { leastBytes: undefined, mostBytes: Infinity };
  const { method, headers } = request;
  // Bun may have written one byte of the target as three characters.
  const encoded = target.split("%").length - 1;
  let bytes = method.length + target.length - 2 * encoded + FIXED_BYTES + body;
  for (const name of CLIENTS_OWN) {
    const value = headers.get(name);
    if (value !== null) bytes += name.length + value.length + HEADER_BYTES;
  }
  return { leastBytes: bytes, mostBytes: Infinity };
}

/** HTTP/2 compresses the head, and tells a client how much it may send. */
export function ofAnyProtocol(request: Sized): Expected {
  return { leastBytes: bodyBytes(request), mostBytes: LEAST_ALLOWED_BYTES };
}

function bodyBytes({ headers }: Sized): number | undefined {
  const length = headers.get("content-length");
  return length === null || headers.has("transfer-encoding") ? undefined : Number(length);
}
