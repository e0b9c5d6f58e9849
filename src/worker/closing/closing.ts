// Has Bun close a connection after a response, whatever kind of response that is, and with the
// client able to read it.
import { bodyOf, bodyUsedOf, headersOf, NativeResponse } from "../http/native.ts";
import { hasNoBody, isStream } from "../http/response-body.ts";

/**
 * An upload that nobody has read is read before the answer, up to this much: more than most are.
 */
const MOST_BYTES = 16 * 1024 * 1024;
/** And for this long. Whoever sends more, or more slowly, may lose the answer. */
const MOST_MS = 5000;
const LIMITS: Limits = { mostBytes: MOST_BYTES, mostMs: MOST_MS };

interface Limits {
  readonly mostBytes: number;
  readonly mostMs: number;
}

/** The response marked `Connection: close`; as a promise where an upload is in the way. */
export function closing(request: Request, response: Response): Response | Promise<Response> {
  const isUnread = hasUnreadUpload(request);
  if (isUnread && isStream(response)) return swallowingAtEnd(request, setClose(response), LIMITS);
  // One without a body may be returned for other requests as well, whose connections go on.
  const own = setClose(hasNoBody(response) ? new NativeResponse(null, response) : response);
  return isUnread ? swallow(request, LIMITS).then(() => own) : own;
}

/**
 * The response with a stream as its body that ends when what is left of the upload has been read: a
 * stream may be made of the upload, later on.
 */
export function swallowingAtEnd(request: Request, response: Response, limits: Limits): Response {
  const flush = async (): Promise<void> => {
    if (hasUnreadUpload(request)) await swallow(request, limits);
  };
  const body = bodyOf(response);
  // Bun makes an error of such a one.
  if (body === null || body.locked || bodyUsedOf(response)) return response;
  return new NativeResponse(body.pipeThrough(new TransformStream({ flush })), response);
}

/** Marks a response that is for one request. */
export function setClose(response: Response): Response {
  headersOf(response).set("connection", "close");
  return response;
}

function hasUnreadUpload(request: Request): boolean {
  return request.body !== null && !request.bodyUsed && !request.body.locked;
}

/**
 * Reads what nobody else does of an upload, so much of it for so long: closed with it on its way, a
 * connection would be reset, and the answer perhaps lost.
 *
 * @returns whether that was all
 */
export async function swallow(request: Request, { mostBytes, mostMs }: Limits): Promise<boolean> {
  const reader = request.body?.getReader();
  if (reader === undefined) return true;
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
