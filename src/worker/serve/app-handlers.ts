// The app's handlers as Bun should call them, and what is known about their requests: the same for
// all of Bun's servers in a worker, however they listen.
import { type Address, isUnix } from "../../net/address.ts";
import { AppErrors, type AppFault } from "../handle/app-errors.ts";
import { restrictServer, reloadServer } from "../app/app-server.ts";
import type { App } from "../app/app.ts";
import type { Fetch, Layer } from "../http/layer.ts";
import { nativeServe } from "../http/native.ts";
import type { ServeOptions } from "../http/serve-options.ts";
import type { Listening, NodeHandler } from "../node/node-handler.ts";
import { type Client, UNIX_CLIENT } from "../requests/client.ts";
import {
  AllInFlight,
  type InFlight,
  type InFlightRequest,
  type Liveness,
  type Tracked,
} from "../requests/in-flight.ts";
import { NodeRequest } from "../requests/node-request.ts";
import type { Meter } from "../requests/meter.ts";
import { untilAnswered } from "../requests/until-answered.ts";
import { Outcomes } from "../requests/outcome.ts";
import type { Peers, RequestLayer } from "../requests/request-layer.ts";
import { RequestTimeout } from "../requests/request-timeout.ts";
import { closeFileOf } from "../private/pass-on.ts";
import type { Tell } from "../trouble.ts";
import { bunOptions, type OwnOptions } from "./bun-options.ts";
import { Marking } from "./marking.ts";
import { placeOf, showPlace } from "../http/place.ts";
import type { ServedTls } from "../../tls/served.ts";
import { tlsOptions } from "./tls-options.ts";
import { BodyLimit } from "../handle/body-limit.ts";
import { RequestCheck } from "../handle/request-check.ts";
import { WebSockets } from "../connections/websockets.ts";

type BunServer = Bun.Server<unknown>;

const STOP_IGNORED =
  "the app called stop() or close() on its server; pounce ignores that and decides itself when " +
  "a worker stops listening";

export interface HandlerOptions extends OwnOptions {
  readonly app: App;
  readonly meter: Meter;
  /** Undefined: requests are not logged, and get no id. */
  readonly requestLayer: ((peers: Peers) => RequestLayer) | undefined;
  /** Reports what the app did wrong with a request, which may have an id. */
  readonly onFault: (fault: AppFault, requestId: string | undefined) => void;
  /** The answer to such a request, if it is to have details; see `AppErrors`. */
  readonly explain?: ((fault: AppFault) => Response | undefined) | undefined;
  /** How long an idle connection stays, in milliseconds. */
  readonly keepAliveMs: number;
  /** HTTP/2 without TLS, to clients that know it beforehand. Left out: no. */
  readonly h2c?: boolean | undefined;
  /** Left out: HTTP without TLS. */
  readonly tls?: ServedTls | undefined;
  /** The largest body of a request, in bytes, if the app does not say. */
  readonly maxRequestBytes: number;
  /** See request-timeout.ts; 0: no limit. */
  readonly requestTimeoutMs: number;
  /** Reports a request, which may have an id, whose time is up. */
  readonly onTimeout: (request: Tracked, requestId: string | undefined) => void;
  /** Reports what is wrong with this worker. */
  readonly onTrouble: Tell;
}

export class AppHandlers implements Liveness {
  readonly outcomes = new Outcomes();
  readonly webSockets = new WebSockets(this.outcomes);
  readonly inFlight: AllInFlight;
  /** Servers on Unix sockets. */
  readonly #onUnix = new Set<BunServer>();
  readonly requestLayer: RequestLayer | undefined;
  /**
   * What wraps each handler, the innermost first. The list must be complete before the first
   * `serve`, or before a reload.
   */
  readonly layers: Layer[] = [];
  readonly marking: Marking;
  /** Listeners and idle connections have been closed, for good. */
  hasStopped = false;
  /** What the next server of Bun gets. */
  tls: ServedTls | undefined;
  readonly #errors: AppErrors;
  readonly #uncounted = new WeakSet<Tracked>();
  readonly #check: RequestCheck;
  readonly #timeout: RequestTimeout | undefined;
  /** The app as it is now, including what it has put in place of its exports. */
  #app: App;
  /** All servers that Bun has made for this worker, each with its in-flight. */
  #served: { readonly server: BunServer; readonly inFlight: InFlight }[] = [];
  /** Whom Bun can ask for the peer of a request, whichever server it came to. */
  #asked: BunServer | undefined;
  #toldOfStop = false;
  #isSeveral = false;
  /** What answers in place of the app's `fetch`, if it is a program on node:http. */
  readonly #node: NodeHandler | undefined;

  constructor(readonly options: HandlerOptions) {
    const { app, meter, onFault, onTrouble } = options;
    const { outcomes } = this;
    this.#app = app;
    this.tls = options.tls;
    this.marking = new Marking({
      onTrouble,
      routes: () => this.#app.options["routes"],
      onError: (error) => this.#errors.unsendable(error),
      reload: () => this.#reload(),
      markPending: () => this.#markPending(),
    });
    const { flag } = this.marking;
    this.inFlight = new AllInFlight(this, (request, result) => {
      if (flag.passesOn) {
        if (!(request instanceof NodeRequest)) closeFileOf(request);
        if (this.#uncounted.has(request)) return;
      }
      meter.ended(request, outcomes.statusOf(request, result));
    });
    this.#errors = new AppErrors({
      outcomes,
      inFlight: this.inFlight,
      handler: () => this.#app.options["error"],
      tell: (fault) => onFault(fault, fault.request && this.requestLayer?.idOf(fault.request)),
      explain: options.explain,
    });
    const bodies = new BodyLimit(maxBodyOf(options), (request) => this.#refuseBody(request));
    this.#check = new RequestCheck(bodies);
    const { requestTimeoutMs } = options;
    if (requestTimeoutMs > 0) {
      const onTimeout = (request: Tracked): void => this.#timeOut(request);
      this.#timeout = new RequestTimeout(requestTimeoutMs, this.inFlight, onTimeout);
    }
    this.requestLayer = options.requestLayer?.(this);
    if (this.requestLayer !== undefined) this.layers.push(this.requestLayer);
    app.tellErrors?.((error, request) => this.#errors.answered(error, request));
    this.#node = app.node?.({
      meter,
      flag,
      webSockets: this.webSockets,
      requestLayer: this.requestLayer,
      timeout: this.#timeout,
      maxRequestBytes: maxBodyOf(options),
      onTooLarge: (request) => this.#refuseBody(request),
      onThrown: (error, request) => this.#errors.answered(error, request),
      keepAliveMs: options.keepAliveMs,
    });
    // On node:http a drain changes methods of each response, which a program may see.
    if (this.#node === undefined) this.marking.rehearse();
    this.#beServed(app.captured);
  }

  /** For a server that will listen on an address, and for its successors. */
  track(address: Address): InFlight {
    if (!isUnix(address)) return this.inFlight.add();
    const pending = (): number => this.#pendingOf(inFlight);
    const inFlight = this.inFlight.add({
      get pendingRequests(): number {
        return pending();
      },
    });
    return inFlight;
  }

  /** Makes a server of Bun listen on one more address. Throws. */
  serve(address: Address, listening: Listening): BunServer {
    const { unseen, reusePort, idleTimeout, inFlight } = listening;
    const tls = tlsOptions(this.tls);
    const http2 = this.hasHttp2 ? { http2: true } : {};
    const fixed = { ipv6Only: false, development: false, idleTimeout };
    const to = unseen ?? placeOf(address, reusePort);
    const handlers = this.#handlers(inFlight);
    const options = { ...handlers, ...to, ...fixed, tls, ...http2 };
    // Programs on node:http get HTTP/1.1 alone: Bun offers them nothing else.
    const server =
      this.#node?.listen(address, listening, { ...handlers, tls }) ??
      nativeServe(options as unknown as Bun.Serve.Options<unknown>);
    server.unref();
    this.#served.push({ server, inFlight });
    if (isUnix(address)) this.#onUnix.add(server);
    this.#chooseAsked();
    if (unseen !== undefined) showPlace(server, address, tls !== undefined);
    restrictServer(server, {
      onReload: (given) => this.#replaceApp(given, server),
      onStop: () => void this.#refuseStop(true),
      all: () => this.servers,
    });
    return server;
  }

  /** Whether no answer can be written past Bun: it is not a text of HTTP/1.1 on the connection. */
  get answersThroughBun(): boolean {
    return this.options.tls !== undefined || this.hasHttp2;
  }

  /** Whether clients may speak HTTP/2. Bun serves programs on node:http by HTTP/1.1 alone. */
  get hasHttp2(): boolean {
    const { tls, h2c } = this.options;
    return (tls?.http2 ?? h2c ?? false) && this.#node === undefined;
  }

  /** From now on a server of Bun may have a successor, and apps need not know. */
  beSeveral(): void {
    if (this.#isSeveral || this.#app.options["websocket"] === undefined) return;
    this.#isSeveral = true;
    this.webSockets.spreadOver(() => this.servers);
    this.layers.push(noting((request, server) => this.webSockets.noteOwner(request, server)));
    this.#reload();
  }

  /** It has been stopped, and has no connections. */
  forget(server: BunServer): void {
    this.#served = this.#served.filter((served) => served.server !== server);
    this.#onUnix.delete(server);
    this.#chooseAsked();
  }

  get servers(): BunServer[] {
    return this.#served.map(({ server }) => server);
  }

  /** The program finds in its own server what it would find in one of ours. */
  #beServed(captured: App["captured"]): void {
    captured?.serveBy({
      servers: () => this.servers,
      replace: (given) => this.#replaceApp(given, captured.facade),
      stop: (force) => this.#refuseStop(force),
    });
    if (captured !== undefined && this.#app.options["websocket"] !== undefined) {
      // Where there is only one server, nothing is to be noted.
      const note = (request: Request, server: BunServer): void => {
        if (this.#served.length > 1) captured.noteServer(request, server);
      };
      this.layers.push(noting(note));
    }
  }

  /**
   * The app has replaced its exports: from now on the replacement is served, and wrapped.
   * @param self what its functions are called on
   */
  #replaceApp({ fetch, ...options }: ServeOptions, self: BunServer): void {
    const given = fetch === undefined ? {} : { fetch: (fetch as Fetch).bind(self) };
    this.#app = { ...this.#app, ...given, options: { ...this.#app.options, ...options } };
    this.marking.renew();
    this.#reload();
  }

  /** What a `fetch` returns is marked when it does; node:http has to be told before. */
  #markPending(): void {
    if (this.#node === undefined) return;
    for (const { request } of this.inFlight.sweep()) {
      if (request instanceof NodeRequest && request.isPending) this.#node.mark(request);
    }
  }

  #reload(): void {
    for (const { server, inFlight } of this.#served) {
      reloadServer(server, this.#handlers(inFlight));
    }
  }

  /**
   * It would close the listener while clients still come. At the end, in a handler of TERM for
   * example, that has already happened. Resolves when a program may take it for closed.
   */
  #refuseStop(force: boolean): Promise<void> {
    if (this.hasStopped) return Promise.resolve();
    if (!this.#toldOfStop) this.options.onTrouble("server-stop-ignored", STOP_IGNORED);
    this.#toldOfStop = true;
    return force ? Promise.resolve() : untilAnswered(this.inFlight);
  }

  #handlers(inFlight: InFlight): Record<string, unknown> {
    const options = bunOptions(this.#app, this.options, this.webSockets, {
      inFlight,
      meter: this.options.meter,
      flag: this.marking.flag,
      faults: this.#errors,
      check: this.#check,
      timeout: this.#timeout,
      layers: this.layers,
      uncounted: this.#uncounted,
      answersThroughBun: this.answersThroughBun,
      rehearsed: (requests) => this.marking.rehearsed(requests),
    });
    const error = (thrown: unknown): Response | Promise<Response> =>
      this.#errors.unsendable(thrown);
    return this.#node === undefined ? { ...options, error } : { routes: options["routes"], error };
  }

  /** See `NodeHandler.hasAnswered`. */
  hasAnswered(promise: Promise<unknown>, error: unknown): boolean {
    return this.#node?.hasAnswered(promise, error) === true;
  }

  /** A server on a Unix socket knows no peer of any request, those that came by TCP included. */
  #chooseAsked(): void {
    const servers = this.servers;
    this.#asked = servers.findLast((server) => !this.#onUnix.has(server)) ?? servers.at(-1);
  }

  /** Null also for each request on a Unix socket that is not one of node:http. */
  requestIP(request: Tracked): Client | null {
    if (request instanceof NodeRequest) return request.client;
    return this.#asked?.requestIP(request) ?? null;
  }

  clientOf(request: Request, server: BunServer): Client | null {
    return this.#onUnix.has(server) ? UNIX_CLIENT : this.requestIP(request);
  }

  get pendingRequests(): number {
    return this.#pendingOf(undefined);
  }

  /** @param which undefined: all. It is on the request path, and so without a list of its own. */
  #pendingOf(which: InFlight | undefined): number {
    let pending = 0;
    for (const { server, inFlight } of this.#served) {
      if (which === undefined || inFlight === which) pending += server.pendingRequests;
    }
    return pending;
  }

  #refuseBody(request: Tracked): void {
    this.outcomes.note(request, 413);
    this.options.meter.rejected("body_size");
  }

  /** What the handler does from now on is nobody's answer: it is noted before it can fail. */
  #timeOut(request: Tracked): void {
    this.outcomes.note(request, 504);
    this.options.meter.rejected("request_timeout");
    this.options.onTimeout(request, this.requestLayer?.idOf(request));
  }

  /** A request has been answered past its handler. */
  noteAnswered({ request, client, sinceMs }: AnsweredInstead, status: number): void {
    this.inFlight.forget(request);
    this.outcomes.note(request, status);
    this.options.meter.ended(request, status);
    this.requestLayer?.noteAnswered(request, client, status, sinceMs);
  }
}

type AnsweredInstead = Pick<InFlightRequest, "request" | "sinceMs"> & {
  /** Null: nobody knows. */
  readonly client: Client | null;
};

function maxBodyOf({ app, maxRequestBytes }: HandlerOptions): number {
  const { maxRequestBodySize: own } = app.options;
  return typeof own === "number" && own >= 0 ? own : maxRequestBytes;
}

/** A layer that only looks at each request, and at the server that it has come to. */
function noting(look: (request: Request, server: BunServer) => void): Layer {
  const wrap = (handler: Fetch): Fetch => {
    return (request, server) => {
      look(request, server);
      return handler(request, server);
    };
  };
  return { wrap };
}
