// What Bun's parser leaves open about a request, decided before the app is given it, in front of
// every handler:
//
// - Host must be there once and be valid, else 400: Bun makes `request.url` of it, a bare path
//   where it cannot, and what a framework takes for the path of that is not what a proxy in front
//   has judged.
// - Without any Host Bun lets only HTTP/1.0 pass. The URL is made of the listener's address then.
// - CONNECT is for proxies: 501.
// - After a request with `Transfer-Encoding` the connection ends with the answer. Bun takes
//   trailers for another request and answers it 400: behind a proxy, to somebody else.
//
// What it costs is that Bun makes `request.headers` when they are asked for first. It makes them
// for each handler that waits for I/O, so only those pay that neither wait nor look at a header. No
// other property of a request tells of a second Host, nor, for a GET, of `Transfer-Encoding`.
import type { Fetch } from "../http/layer.ts";
import { closing, setClose } from "../closing/closing.ts";
import { isValidHost } from "../http/host.ts";
import { problem } from "../http/problem.ts";

/** Hosts remembered, so that each is judged once. */
const REMEMBERED = 1000;
/** The longest one: a name has at most 253 characters, and its port follows. */
const LONGEST = 260;

export class RequestCheck {
  readonly #valid = new Set<string>();

  /** The handler, which neither throws nor rejects, given only what has passed. */
  wrap(handler: Fetch): Fetch {
    return (request, server) => {
      if (request.method === "CONNECT") return refusal(501);
      const host = request.headers.get("host");
      if (host === null) completeUrl(request, server.url.origin + request.url);
      else if (!this.#valid.has(host) && !this.#judge(host)) return refusal(400);
      if (!mustEnd(request)) return handler(request, server);
      return closeAfter(request, handler(request, server));
    };
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
  return request.headers.get("transfer-encoding") !== null;
}

async function closeAfter(
  request: Request,
  result: ReturnType<Fetch>,
): Promise<Response | undefined> {
  const response = await result;
  return response && closing(request, response);
}

/** To whoever sends what must not be, at once: also in the middle of an upload. */
function refusal(status: 400 | 501): Response {
  return setClose(problem(status));
}

/** Gives a request, and what is cloned from it, a whole URL where Bun has a bare path. */
function completeUrl(request: Request, url: string): Request {
  const { href } = new URL(url);
  const clone = request.clone.bind(request);
  return Object.defineProperties(request, {
    url: { value: href, configurable: true },
    clone: { value: () => completeUrl(clone(), href), configurable: true },
  });
}
