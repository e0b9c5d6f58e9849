// What kind of body a response has, found out without touching the response: reading `body` turns a
// text or a file into a stream, and Bun then sends it as one.
import { estimateShallowMemoryUsageOf } from "bun:jsc";
import { bodyUsedOf, headersOf, isPlainResponse, NativeResponse } from "./native.ts";

/** The size of a response without a body in memory. */
const EMPTY = estimateShallowMemoryUsageOf(new NativeResponse(null));

/** How Bun shows a stream body, on a line of its own: no header can look like it. */
const SHOWS_STREAM = /^ {2}ReadableStream\b/m;
const SHOWS_BLOB = /^ {2}Blob\b/m;
/** How Bun shows a response without bytes that it knows of. */
const SHOWS_NO_BYTES = "Response (0 KB)";

/** How many bytes a text or bytes take; 0 for everything else, and once they have been sent. */
export function bytesInMemory(response: Response): number {
  return estimateShallowMemoryUsageOf(response) - EMPTY;
}

export function isInMemory(response: Response): boolean {
  return bytesInMemory(response) > 0;
}

/**
 * Whether the functions below leave the answer as it is. They read the headers, and then a part of
 * a file that is returned without any headers for a range request is sent as a whole: 200 instead
 * of 206.
 */
export function mayBeLookedAt(request: Request, response: Response): boolean {
  if (isInMemory(response) || !request.headers.has("range")) return true;
  if (!isPlainResponse(response)) return false;
  return headersOf(new NativeResponse(null, response)).keys().next().done === false;
}

/**
 * The kind of a body that is not in memory. Bun shows the size of each body except a stream's; that
 * takes 2 µs, and 6 µs for a stream. An empty text has no kind: reading `body` would turn it into a
 * stream. Neither has a body that has been used.
 */
export function kindOf(response: Response): "file or blob" | "stream" | "none" | "other" {
  const shown = Bun.inspect(response, { depth: 0 });
  if (!shown.startsWith(SHOWS_NO_BYTES)) return "file or blob";
  if (SHOWS_STREAM.test(shown)) return "stream";
  return SHOWS_BLOB.test(shown) || bodyUsedOf(response) ? "other" : "none";
}

export function isFileOrBlob(response: Response): boolean {
  return kindOf(response) === "file or blob";
}

/** Whether the body is a stream, whose size nobody knows. */
export function isStream(response: Response): boolean {
  return !isInMemory(response) && kindOf(response) === "stream";
}

export function hasNoBody(response: Response): boolean {
  return !isInMemory(response) && kindOf(response) === "none";
}
