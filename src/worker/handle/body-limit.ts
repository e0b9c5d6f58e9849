// `max_request_size`: a request whose body is larger gets a 413.
//
// Bun has such a limit, and would end the connection without a word of ours while the client is
// still sending. So Bun has none here. A `Content-Length` says before the handler whether a body is
// too large. A body without one, in chunks or by HTTP/2, is counted while the app reads it. Bun
// reads no more of a body than the app does, so one that nobody reads takes no memory.
import type { Reader } from "../closing/closing.ts";
import { refuseUpload } from "../closing/refuse-upload.ts";
import type { Fetch } from "../http/layer.ts";
import { countBody } from "./counted-body.ts";

/** For `Bun.serve`, as its own limit. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

export class BodyLimit {
  /**
   * @param maxBytes of the body
   * @param onRefused gets each request that is too large, before it is answered
   */
  constructor(
    readonly maxBytes: number,
    readonly onRefused: (request: Request) => void,
  ) {}

  /**
   * Whether a body of this length is too large.
   * @param length as the client has sent it; Bun lets it come twice, if both say the same: `5, 5`
   */
  isExceededBy(length: string): boolean {
    return Number.parseInt(length, 10) > this.maxBytes;
  }

  /** The answer to a request with such a body, of which nothing has been read. */
  refuse(request: Request): Response {
    return this.#answer(request, request.body?.getReader());
  }

  #answer(request: Request, rest: Reader | undefined): Response {
    this.onRefused(request);
    return refuseUpload(413, rest);
  }

  /** Asks the handler, and counts what it reads of a body whose length is not known. */
  count(request: Request, server: Parameters<Fetch>[1], handler: Fetch): ReturnType<Fetch> {
    const { promise: tooLarge, resolve } = Promise.withResolvers<Response>();
    let refusal: Response | undefined;
    let isAnswered = false;
    countBody(request, this.maxBytes, (rest) => {
      // Afterwards pounce itself may read the rest, for nobody.
      if (isAnswered) return;
      refusal = this.#answer(request, rest);
      resolve(refusal);
    });
    const result = handler(request, server);
    isAnswered = !(result instanceof Promise);
    if (!(result instanceof Promise)) return result;
    // What the handler makes of the end of the body is not the answer.
    return Promise.race([result, tooLarge]).then((response) => {
      isAnswered = true;
      return refusal ?? response;
    });
  }
}
