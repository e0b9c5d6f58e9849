// What kind of body a response has, found out without touching the response: to look at `body`
// makes a stream of a text or a file, and Bun then sends it as one.
import { estimateShallowMemoryUsageOf } from "bun:jsc";
import { bodyUsedOf, headersOf, isPlainResponse, NativeResponse } from "./native.ts";

/** What a response without a body in memory takes. */
const EMPTY = estimateShallowMemoryUsageOf(new NativeResponse(null));

/** How Bun shows a body, on a line of its own: no header can look like it. */
const SHOWS_STREAM = /^ {2}ReadableStream\b/m;
const SHOWS_BLOB = /^ {2}Blob\b/m;
/** And how it shows a response with no bytes that it knows of. */
const SHOWS_NO_BYTES = "Response (0 KB)";

/** How many bytes a text or bytes take; 0 for all else, and when they have been sent. */
export function bytesInMemory(response: Response): number {
  return estimateShallowMemoryUsageOf(response) - EMPTY;
}

export function isInMemory(response: Response): boolean {
  return bytesInMemory(response) > 0;
}

/**
 * Whether the functions below leave the answer as it is. They look at the headers, and a part of a
 * file, returned for a request for a range without any headers, is then sent as the whole: 200
 * instead of 206.
 */
export function mayBeLookedAt(request: Request, response: Response): boolean {
  if (isInMemory(response) || !request.headers.has("range")) return true;
  if (!isPlainResponse(response)) return false;
  return headersOf(new NativeResponse(null, response)).keys().next().done === false;
}

/**
 * The kind of what is not in memory. Bun shows the size of each body but a stream's; it takes 2 µs,
 * and 6 µs for a stream. An empty text is none: Bun would have a stream of it once `body` were
 * looked at. A body that has been used is no kind.
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

/** Whether the body is a stream, which nobody knows the size of. */
export function isStream(response: Response): boolean {
  return !isInMemory(response) && kindOf(response) === "stream";
}

export function hasNoBody(response: Response): boolean {
  return !isInMemory(response) && kindOf(response) === "none";
}
