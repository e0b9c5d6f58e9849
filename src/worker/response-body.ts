// What kind of body a response has, found out without touching the response: to look at `body`
// makes a stream of a text or a file, and Bun then sends it as one.
import { estimateShallowMemoryUsageOf } from "bun:jsc";
import { bodyOf, headersOf, isPlainResponse, NativeResponse } from "./native.ts";

/** What a response without a body in memory takes. */
const EMPTY = estimateShallowMemoryUsageOf(new NativeResponse(null));

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
 * Bun shows the size of each body but a stream's. It takes 3 µs: this is for what is not in
 * memory.
 */
export function isFileOrBlob(response: Response): boolean {
  return !Bun.inspect(response, { depth: 0 }).startsWith("Response (0 KB)");
}

/** Whether the body is a stream, which nobody knows the size of. */
export function isStream(response: Response): boolean {
  return !isInMemory(response) && !isFileOrBlob(response) && bodyOf(response) !== null;
}

export function hasNoBody(response: Response): boolean {
  return !isInMemory(response) && !isFileOrBlob(response) && bodyOf(response) === null;
}
