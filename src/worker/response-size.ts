// How many bytes the body of a response has, found out without touching the response.
import { estimateShallowMemoryUsageOf } from "bun:jsc";

/** What a response without a body in memory takes. */
const EMPTY = estimateShallowMemoryUsageOf(new Response(null));

const NO_BODY = new Set([101, 204, 205, 304]);

/**
 * The size of the body in bytes; `undefined` for a stream, which nobody knows beforehand: to measure a clone
 * of it would keep all of it in memory.
 *
 * Bun sends a text that has no content type as another type once it has been cloned. So such a text is
 * not cloned: its size is that of its characters, which is exact for ASCII.
 */
export function responseSize(request: Request, response: Response): number | undefined {
  if (request.method === "HEAD" || NO_BODY.has(response.status)) return 0;
  const { headers } = response;
  const declared = headers.get("content-length");
  if (declared !== null && /^\d{1,15}$/.test(declared)) return Number(declared);
  const inMemory = bytesInMemory(response);
  if (inMemory > 0) return headers.has("content-type") ? sizeOfClone(response) : inMemory;
  if (isFileOrBlob(response)) return sizeOfClone(response);
  return response.body === null ? 0 : undefined;
}

export function isWithoutBody(response: Response): boolean {
  return bytesInMemory(response) === 0 && !isFileOrBlob(response) && response.body === null;
}

/** Whether the body is made while it is being sent. */
export function hasStream(response: Response): boolean {
  return bytesInMemory(response) === 0 && !isFileOrBlob(response) && response.body !== null;
}

/** 0 for files, blobs and streams; one for each character of a text in ASCII. */
function bytesInMemory(response: Response): number {
  return Math.max(0, estimateShallowMemoryUsageOf(response) - EMPTY);
}

function sizeOfClone(response: Response): number | undefined {
  const blob: unknown = Bun.peek(response.clone().blob());
  return blob instanceof Blob ? blob.size : undefined;
}

/** Bun shows the size of each body but a stream's. It takes 3 µs: this is for what is not in memory. */
function isFileOrBlob(response: Response): boolean {
  return !Bun.inspect(response, { depth: 0 }).startsWith("Response (0 KB)");
}
