// Checks what Bun's parser leaves open about a request, before any handler gets it:
//
// - Host must be there once and be valid, else 400. Bun builds `request.url` from it, or leaves a
//   bare path if it cannot, and what a framework takes for the path then is not what a proxy in
//   front has judged.
// - Without any Host, Bun lets only HTTP/1.0 pass. The URL then has the listener's address.
// - CONNECT is for proxies: 501.
// - `OPTIONS *` is about no path: 400, which Bun itself answers by HTTP/1.1 but not by HTTP/2.
// - A body that is too large: 413, see body-limit.ts.
// - After a request with `Transfer-Encoding` the connection ends with the answer. Bun takes
//   trailers for another request and answers it with 400: behind a proxy, to another client.
//
// The cost is that Bun makes `request.headers` when they are first read. It makes them anyway for
// each handler that waits for I/O, so only handlers that neither wait nor read a header pay. No
// other property of a request shows a second Host or, for a GET, `Transfer-Encoding`.
import type { BodyLimit } from "./body-limit.ts";
import type { Fetch } from "../http/layer.ts";
import { closing, setClose } from "../closing/closing.ts";
import { isValidHost } from "../http/host.ts";
import { problem } from "../http/problem.ts";

const TRANSFER_ENCODING = "transfer-encoding";
/** How many hosts are remembered, so that each is judged once. */
const REMEMBERED = 1000;
/** The longest one: a name has at most 253 characters, plus the port. */
const LONGEST = 260;

export class RequestCheck {
  readonly #valid = new Set<string>();
  /** The one of the latest request: mostly the next has the same. */
  #latest: string | undefined;

  constructor(readonly bodies: BodyLimit) {}

  /** The handler, which neither throws nor rejects; it gets only requests that have passed. */
  wrap(handler: Fetch): Fetch {
    return (request, server) => {
      const { method, headers } = request;
      if (method === "CONNECT") return refusal(501);
      const host = headers.get("host");
      if (host === null) {
        // A request of the app to itself, by `server.fetch`, has a whole URL, and no server.
        if (request.url.startsWith("/")) completeUrl(request, server.url.origin + request.url);
      } else if (host !== this.#latest && !this.#isValid(host)) {
        return refusal(400);
      }
      // Bun passes on no body of these.
      if (method === "GET" || method === "HEAD") {
        const isLast = headers.get(TRANSFER_ENCODING) !== null;
        const result = handler(request, server);
        return isLast ? closeAfter(request, result) : result;
      }
      if (method === "OPTIONS" && request.url === "*") return refusal(400);
      const length = headers.get("content-length");
      if (length !== null && this.bodies.isExceededBy(length)) return this.bodies.refuse(request);
      if (headers.get(TRANSFER_ENCODING) === null) {
        // By HTTP/2 a body may come without any length.
        const isUnknown = length === null && request.body !== null;
        return isUnknown ? this.bodies.count(request, server, handler) : handler(request, server);
      }
      return closeAfter(request, this.bodies.count(request, server, handler));
    };
  }

  #isValid(host: string): boolean {
    if (!this.#valid.has(host) && !this.#judge(host)) return false;
    this.#latest = host;
    return true;
  }

  #judge(host: string): boolean {
    if (!isValidHost(host)) return false;
    if (host.length > LONGEST) return true;
    if (this.#valid.size >= REMEMBERED) this.#valid.clear();
    this.#valid.add(host);
    return true;
  }
}

/** Whether its connection must end with the answer. */
export function mustEnd(request: Request): boolean {
  return request.headers.get(TRANSFER_ENCODING) !== null;
}

/** The answer, after which its connection ends if it must. */
export function withEnd(request: Request, response: Response): Response | Promise<Response> {
  return mustEnd(request) ? closing(request, response) : response;
}

async function closeAfter(
  request: Request,
  result: ReturnType<Fetch>,
): Promise<Response | undefined> {
  const response = await result;
  return response && closing(request, response);
}

/** Answers a client that sends something invalid, at once, even in the middle of an upload. */
function refusal(status: 400 | 501): Response {
  return setClose(problem(status));
}

/** Gives a request, and its clones, a complete URL where Bun has a bare path. */
function completeUrl(request: Request, url: string): Request {
  const { href } = new URL(url);
  const clone = request.clone.bind(request);
  return Object.defineProperties(request, {
    url: { value: href, configurable: true },
    clone: { value: () => completeUrl(clone(), href), configurable: true },
  });
}
