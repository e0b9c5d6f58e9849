// A server of Bun that only this process asks. To find out what Bun makes of a response, or of a
// route that it serves by itself, this server serves it, and the result is passed on. It listens
// from the first question on: most apps have nothing to ask in a drain.
import { here } from "../../platform.ts";
import { isResponse, NativeResponse, nativeServe } from "../http/native.ts";
import { blobOf, HOP_BY_HOP, passOn, type Source } from "./pass-on.ts";
import { exchange, type Where } from "./private-client.ts";
import { isInMemory, mayBeLookedAt } from "../http/response-body.ts";
import { printable, targetOf } from "../http/target.ts";

export type Routes = Readonly<Record<string, unknown>>;

/** Headers about the connection that a request came on, or about a body that is not passed on. */
const NOT_PASSED_ON = [...HOP_BY_HOP, "host", "content-length", "expect"];
/** More would not fit into a socket's queue while this process makes them. */
const MOST_AT_A_TIME = 128;
const LOOPBACK = { hostname: "127.0.0.1" };
const NOT_MINE = "x-pounce-no-route";

interface Asked {
  readonly pattern: string;
  readonly method: string;
  readonly source: Source;
  readonly isLast: boolean;
}

interface Listening {
  readonly server: Bun.Server<unknown>;
  readonly where: Where;
}

export class PrivateServer {
  #listening: Listening | undefined;
  /** Part of paths and headers, so that no request from outside can have them. */
  readonly #secret = crypto.randomUUID();
  readonly #responses = new Map<string, unknown>();
  /** The path at which to ask for each route whose answer is the same for all paths. */
  readonly #paths: ReadonlyMap<string, string>;
  #lastNumber = 0;
  /** Requests that have no answer yet, and those that wait for their turn. */
  #asked = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param routes those that Bun serves by itself
   * @param onError answers for a response that Bun cannot send
   * @param during runs the function that makes it listen, which takes descriptors
   */
  constructor(
    readonly routes: Routes,
    readonly onError: (error: unknown) => Response | Promise<Response>,
    readonly during: (action: () => void) => void = (action) => action(),
  ) {
    const patterns = Object.keys(routes).filter((pattern) => !hasFolder(routes[pattern]));
    this.#paths = new Map(patterns.map((pattern, index) => [pattern, `/${this.#secret}-${index}`]));
  }

  /** Makes it listen, if it does not yet. Throws where that is impossible. */
  listen(): Listening {
    if (this.#listening === undefined) this.during(() => (this.#listening = this.#listen()));
    if (this.#listening === undefined) throw new Error("the private server does not listen");
    return this.#listening;
  }

  #listen(): Listening {
    const { routes, onError } = this;
    const own = Object.fromEntries(
      [...this.#paths].map(([pattern, path]) => [path, routes[pattern]]),
    );
    const serve = (where: object): Bun.Server<unknown> =>
      nativeServe({
        ...where,
        routes: { ...routes, ...own },
        development: false,
        idleTimeout: 0,
        fetch: (request: Request) => this.#respond(request),
        error: onError,
      } as Bun.Serve.Options<unknown>);
    // An abstract socket needs no file, but not every system has them.
    const unix = `\0pounce-${this.#secret}`;
    const abstract = here.hasAbstractSockets ? attempt(() => serve({ unix })) : undefined;
    const server = abstract ?? serve({ ...LOOPBACK, port: 0 });
    server.unref();
    const { port = 0 } = server;
    return { server, where: abstract === undefined ? { ...LOOPBACK, port } : { unix } };
  }

  #respond(request: Request): Response {
    const path = targetOf(request);
    if (this.#responses.has(path)) return this.#responses.get(path) as Response;
    return new NativeResponse(null, { status: 404, headers: { [NOT_MINE]: this.#secret } });
  }

  /**
   * What Bun answers to a request for a route of its own; undefined: it has none, so `fetch` should
   * answer.
   * @param pattern the route's, for which Bun's router has chosen it
   * @param method used to ask for the route, whatever the request's was
   */
  async ask(
    request: Request,
    { pattern, method, source, isLast }: Asked,
  ): Promise<Response | undefined> {
    const target = this.#paths.get(pattern) ?? this.#targetIn(pattern, request);
    const answer = await this.#fetch(target, method, request);
    if (answer.headers.get(NOT_MINE) === this.#secret) return undefined;
    return passOn(request, answer, { method, source, isLast });
  }

  /**
   * The target of a request to a folder. The router has seen the path as it was sent. In what is
   * left of it, `..` is resolved, so it may belong to another route or to the app. Then no file is
   * requested.
   */
  #targetIn(pattern: string, request: Request): string {
    const target = targetOf(request);
    const folder = new URL(`http://host${pattern.replace(/\*$/, "")}`).pathname;
    return target.startsWith(folder) ? target : folder + this.#secret;
  }

  /** What Bun sends for a response that a handler has returned, marked. */
  async send(request: Request, response: Response): Promise<Response> {
    const path = `/${this.#secret}/${++this.#lastNumber}`;
    const method = request.method === "HEAD" ? "HEAD" : "GET";
    const hasBlob = method === "GET" && !isInMemory(response) && mayBeLookedAt(request, response);
    const blob = hasBlob ? await blobOf(response) : undefined;
    this.#responses.set(path, response);
    try {
      const answer = await this.#fetch(path, method, request);
      const source = hasBlob ? () => blob : undefined;
      return await passOn(request, answer, { method, source, isLast: true });
    } finally {
      this.#responses.delete(path);
    }
  }

  /** The unchanged answer to a GET, as for a page. */
  get(path: string): Promise<Response> {
    return this.#fetch(path, "GET", undefined);
  }

  async #fetch(target: string, method: string, request: Request | undefined): Promise<Response> {
    const headers = new Headers(request?.headers);
    for (const name of NOT_PASSED_ON) headers.delete(name);
    const lines = [...headers].map(([name, value]) => `\r\n${name}: ${value}`);
    const head = `${method} ${printable(target)} HTTP/1.0\r\nHost: localhost${lines.join("")}`;
    if (this.#asked < MOST_AT_A_TIME) this.#asked++;
    else await new Promise<void>((proceed) => this.#waiting.push(proceed));
    try {
      return await exchange(this.listen().where, head);
    } finally {
      const proceed = this.#waiting.shift();
      if (proceed === undefined) this.#asked--;
      else proceed();
    }
  }

  stop(): void {
    void this.#listening?.server.stop(true);
  }
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** Whether a route, or that of one of its methods, serves files by the rest of the path. */
function hasFolder(route: unknown): boolean {
  if (typeof route !== "object" || route === null) return false;
  if (isResponse(route) || route instanceof Blob) return false;
  return Object.hasOwn(route, "dir") || Object.values(route).some(hasFolder);
}
