// Has Bun close a connection after a response, whatever kind of response that is, and with the client able
// to read it.
import { hasStream, isWithoutBody } from "./response-size.ts";

/** An upload that nobody has read is read to its end before the answer, up to this much of it: what an app takes by default. */
const MOST_BYTES = 16 * 1024 * 1024;
/** And for this long: whoever sends more slowly may lose the answer. */
const MOST_MS = 5000;

/** The response marked `Connection: close`; as a promise where an upload is in the way. */
export function closing(
  request: Request,
  response: Response | undefined,
): Response | undefined | Promise<Response | undefined> {
  if (response === undefined) return undefined;
  // One without a body may be shared by requests: Bun sends its headers as they were at first.
  const own = isWithoutBody(response) ? response.clone() : response;
  own.headers.set("connection", "close");
  // A stream may be made of the upload, later on.
  if (!hasUnreadUpload(request) || hasStream(own)) return own;
  return swallow(request).then(() => own);
}

function hasUnreadUpload(request: Request): boolean {
  return request.body !== null && !request.bodyUsed && !request.body.locked;
}

/** To close a connection with an upload on its way would reset it, and the answer might be lost with it. */
async function swallow(request: Request): Promise<void> {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  const { promise: timeIsUp, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, MOST_MS);
  try {
    for (let bytes = 0; bytes < MOST_BYTES;) {
      const part = await Promise.race([reader.read(), timeIsUp]);
      if (part === undefined || part.done) return;
      bytes += part.value.length;
    }
  } catch {
    // The client has gone, or sends more than it may: Bun has dealt with it.
  } finally {
    clearTimeout(timer);
  }
}
