// Makes Bun close a connection after a response of any kind, in such a way that the client can read
// the response.
import { bodyOf, bodyUsedOf, headersOf, NativeResponse } from "../http/native.ts";
import { hasNoBody, isStream } from "../http/response-body.ts";

/** An upload that nobody has read is read before the answer, up to this size: most are smaller. */
const MOST_BYTES = 16 * 1024 * 1024;
/** And for this long. A client that sends more, or more slowly, may lose the answer. */
const MOST_MS = 5000;
const LIMITS: Limits = { mostBytes: MOST_BYTES, mostMs: MOST_MS };

/** Of the body of a request. */
export type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read">;

export interface Limits {
  readonly mostBytes: number;
  readonly mostMs: number;
}

/** The response marked `Connection: close`; as a promise if an upload must be read first. */
export function closing(request: Request, response: Response): Response | Promise<Response> {
  const isUnread = hasUnreadUpload(request);
  if (isUnread && isStream(response)) return swallowingAtEnd(request, setClose(response), LIMITS);
  // A response without a body may be returned for other requests too, whose connections stay open.
  const own = setClose(hasNoBody(response) ? new NativeResponse(null, response) : response);
  return isUnread ? swallow(request, LIMITS).then(() => own) : own;
}

/**
 * The response with a stream as its body, which ends when the rest of the upload has been read: the
 * app may turn the upload into a stream later.
 */
export function swallowingAtEnd(request: Request, response: Response, limits: Limits): Response {
  const flush = async (): Promise<void> => {
    if (hasUnreadUpload(request)) await swallow(request, limits);
  };
  const body = bodyOf(response);
  // Bun answers such a response with an error.
  if (body === null || body.locked || bodyUsedOf(response)) return response;
  return new NativeResponse(body.pipeThrough(new TransformStream({ flush })), response);
}

/** Marks a response that belongs to one request only. */
export function setClose(response: Response): Response {
  headersOf(response).set("connection", "close");
  return response;
}

function hasUnreadUpload(request: Request): boolean {
  return request.body !== null && !request.bodyUsed && !request.body.locked;
}

/**
 * Reads, within limits, what nobody else reads of an upload: if a connection were closed while an
 * upload is on its way, it would be reset, and the answer perhaps lost.
 * @returns whether that was all of it
 */
export async function swallow(request: Request, limits: Limits): Promise<boolean> {
  const reader = request.body?.getReader();
  return reader === undefined || readAway(reader, limits);
}

/** Reads what is left, within limits, for nobody. @returns whether that was all of it */
export async function readAway(reader: Reader, { mostBytes, mostMs }: Limits): Promise<boolean> {
  const { promise: timeIsUp, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, mostMs);
  try {
    for (let bytes = 0; bytes < mostBytes;) {
      const part = await Promise.race([reader.read(), timeIsUp]);
      if (part === undefined) return false;
      if (part.done) return true;
      bytes += part.value.length;
    }
  } catch {
    // The client has gone, or sends more than it may: Bun has dealt with it.
  } finally {
    clearTimeout(timer);
  }
  return false;
}
