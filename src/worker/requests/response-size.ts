// How many bytes the body of a response has, found out without touching the response.
import { headersOf } from "../http/native.ts";
import { bytesInMemory, kindOf, mayBeLookedAt } from "../http/response-body.ts";

const NO_BODY = new Set([101, 204, 205, 304]);

/**
 * The size of the body in bytes; `undefined` for a stream whose headers do not say: measuring a
 * clone of it would keep all of it in memory. Also for what may be a part of a file, see
 * `mayBeLookedAt`.
 *
 * Once a text without a content type has been cloned, Bun sends it with another type. So such a
 * text is not cloned: its size is the number of its characters, which is exact for ASCII.
 */
export function responseSize(request: Request, response: Response): number | undefined {
  if (request.method === "HEAD" || NO_BODY.has(response.status)) return 0;
  const inMemory = bytesInMemory(response);
  if (inMemory > 0) {
    return headersOf(response).has("content-type") ? sizeOfClone(response) : inMemory;
  }
  if (!mayBeLookedAt(request, response)) return undefined;
  const kind = kindOf(response);
  if (kind === "file or blob") return sizeOfClone(response);
  if (kind === "none") return 0;
  const declared = headersOf(response).get("content-length");
  return declared !== null && /^\d{1,15}$/.test(declared) ? Number(declared) : undefined;
}

function sizeOfClone(response: Response): number | undefined {
  const blob: unknown = Bun.peek(response.clone().blob());
  return blob instanceof Blob ? blob.size : undefined;
}
