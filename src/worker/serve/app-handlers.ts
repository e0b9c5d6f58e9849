// The app's handlers as Bun should call them, the same for all of Bun's servers in a worker,
// however they listen. What stands around them is put together here.
import { type Address, isUnix } from "../../net/address.ts";
import { AppErrors } from "../handle/app-errors.ts";
import { restrictServer, reloadServer } from "../app/app-server.ts";
import type { App } from "../app/app.ts";
import { type Fetch, type Layer, noting } from "../http/layer.ts";
import { nativeServe } from "../http/native.ts";
import type { ServeOptions } from "../http/serve-options.ts";
import type { Listening, NodeHandler } from "../node/node-handler.ts";
import { AllInFlight, type InFlight, type Tracked } from "../requests/in-flight.ts";
import { NodeRequest } from "../requests/node-request.ts";
import { Outcomes } from "../requests/outcome.ts";
import type { RequestLayer } from "../requests/request-layer.ts";
import { RequestTimeout } from "../requests/request-timeout.ts";
import { closeFileOf } from "../private/pass-on.ts";
import { bunOptions } from "./bun-options.ts";
import { BunServers } from "./bun-servers.ts";
import { type HandlerOptions, maxBodyOf } from "./handler-options.ts";
import { Marking } from "./marking.ts";
import { OwnServers } from "./own-servers.ts";
import { PastHandler } from "./past-handler.ts";
import { StopRefusal } from "./stop-refusal.ts";
import { placeOf, showPlace } from "../http/place.ts";
import { Keeper } from "../movable/keeper.ts";
import type { ServedTls } from "../../tls/served.ts";
import { tlsOptions } from "./tls-options.ts";
import type { Unlisted } from "../requests/unlisted.ts";
import { BodyLimit } from "../handle/body-limit.ts";
import { RequestCheck, withEnd } from "../handle/request-check.ts";
import { WebSockets } from "../connections/websockets.ts";

type BunServer = Bun.Server<unknown>;

export class AppHandlers {
  readonly outcomes = new Outcomes();
  readonly webSockets = new WebSockets(this.outcomes);
  readonly inFlight: AllInFlight;
  /** All that Bun has made for this worker. */
  readonly servers = new BunServers();
  readonly requestLayer: RequestLayer | undefined;
  /**
   * What wraps each handler, the innermost first. The list must be complete before the first
   * `serve`, or before a reload.
   */
  readonly layers: Layer[] = [];
  readonly marking: Marking;
  readonly pastHandler: PastHandler;
  /** That no client connects to. */
  readonly own = new OwnServers(this, (request) => this.#closeFile(request));
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
  readonly #stopRefusal: StopRefusal;
  #isSeveral = false;
  /** What answers in place of the app's `fetch`, if it is a program on node:http. */
  readonly #node: NodeHandler | undefined;

  constructor(readonly options: HandlerOptions) {
    const { app, meter, onFault, onTimeout, onTrouble } = options;
    const { outcomes } = this;
    this.#app = app;
    this.tls = options.tls;
    this.marking = new Marking({
      onTrouble,
      portOf: (request) => this.servers.requestIP(request)?.port,
      routes: () => this.#app.options["routes"],
      onError: (error) => this.#errors.unsendable(error),
      reload: () => this.#reload(),
      markPending: () => this.#markPending(),
    });
    const { flag } = this.marking;
    const onEnded = (request: Tracked, result: unknown): void => {
      this.#closeFile(request);
      if (flag.passesOn && this.#uncounted.has(request)) return;
      meter.ended(request, outcomes.statusOf(request, result));
    };
    const onNodeEnded = (request: Tracked, result: unknown): void => {
      if (request instanceof NodeRequest && request.isBroken) meter.streamFailed();
      onEnded(request, result);
    };
    this.inFlight = new AllInFlight(this.servers, app.node === undefined ? onEnded : onNodeEnded);
    this.#errors = new AppErrors({
      outcomes,
      inFlight: this.inFlight,
      handler: () => this.#app.options["error"],
      tell: (fault) => {
        if (this.own.tell(fault)) return;
        onFault(fault, fault.request && this.requestLayer?.idOf(fault.request));
      },
      explain: options.explain,
    });
    this.requestLayer = options.requestLayer?.(this.servers, outcomes);
    const { inFlight, requestLayer } = this;
    if (requestLayer !== undefined) this.layers.push(requestLayer);
    const maxBytes = maxBodyOf(options);
    const onTooLarge = (request: Tracked, id: string | undefined): void =>
      options.onTooLarge(request, id, maxBytes);
    const own = { meter, outcomes, inFlight, requestLayer };
    const past = new PastHandler({ ...own, onTimeout, onTooLarge });
    this.pastHandler = past;
    const bodies = new BodyLimit(maxBytes, (request) => past.refuseBody(request));
    this.#check = new RequestCheck(bodies);
    const { requestTimeoutMs } = options;
    if (requestTimeoutMs > 0) {
      const onLate = (request: Tracked): void => past.timeOut(request);
      this.#timeout = new RequestTimeout(requestTimeoutMs, inFlight, onLate, withEnd);
    }
    if (options.carriesWebSockets === true && this.#canCarry) {
      const keeper = new Keeper(() => compresses(this.#app.options["websocket"]));
      this.webSockets.keeper = keeper;
      this.layers.push(keeper.socketIo.polling.layer);
    }
    app.tellErrors?.((error, request) => this.#errors.answered(error, request));
    this.#node = app.node?.({
      meter,
      flag,
      webSockets: this.webSockets,
      requestLayer,
      timeout: this.#timeout,
      maxRequestBytes: maxBytes,
      onTooLarge: (request) => past.refuseBody(request),
      onThrown: (error, request) => this.#errors.answered(error, request),
      keepAliveMs: options.keepAliveMs,
    });
    // On node:http a drain changes methods of each response, which a program may see.
    if (this.#node === undefined) this.marking.rehearse();
    this.webSockets.onPublished = options.onPublished;
    this.#stopRefusal = new StopRefusal(onTrouble, inFlight);
    this.#beServed(app.captured);
  }

  /** For a server that will listen on an address, and for its successors. */
  track(address: Address): InFlight {
    if (!isUnix(address)) return this.inFlight.add();
    const inFlight: InFlight = this.inFlight.add(this.servers.unixLiveness(() => inFlight));
    return inFlight;
  }

  /** Makes a server of Bun listen on one more address. Throws. */
  serve(address: Address, listening: Listening): BunServer {
    const { unseen, reusePort, idleTimeout, inFlight, unlisted } = listening;
    const tls = tlsOptions(unlisted === undefined ? this.tls : listening.tls);
    const http2 = this.hasHttp2 && unlisted === undefined ? { http2: true } : {};
    const fixed = { ipv6Only: false, development: false, idleTimeout };
    const to = unseen ?? placeOf(address, reusePort);
    const handlers = this.#handlers(inFlight, unlisted);
    const options = { ...handlers, ...to, ...fixed, tls, ...http2 };
    // Programs on node:http get HTTP/1.1 alone: Bun offers them nothing else.
    const server =
      this.#node?.listen(address, listening, { ...handlers, tls }) ??
      nativeServe(options as unknown as Bun.Serve.Options<unknown>);
    server.unref();
    this.servers.add({ server, inFlight, unlisted, idleTimeout }, address);
    if (unseen !== undefined) showPlace(server, address, tls !== undefined);
    restrictServer(server, {
      onReload: (given) => this.#replaceApp(given, server),
      onStop: () => void this.#refuseStop(true),
      all: () => this.servers.all,
      onPublished: (...args) => this.webSockets.onPublished?.(...args),
    });
    return server;
  }

  #closeFile(request: Tracked): void {
    if (this.marking.flag.passesOn && !(request instanceof NodeRequest)) closeFileOf(request);
  }

  /** Whether no answer can be written past Bun: it is not a text of HTTP/1.1 on the connection. */
  get answersThroughBun(): boolean {
    return this.options.tls !== undefined || this.hasHttp2;
  }

  /** Over TLS Bun has a state of its own for each connection, which nobody else gets. */
  get #canCarry(): boolean {
    return this.options.tls === undefined;
  }

  /** Whether the app is a program on node:http. */
  get isOfNode(): boolean {
    return this.#node !== undefined;
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
    this.webSockets.spreadOver(() => this.servers.all);
    this.layers.push(noting((request, server) => this.webSockets.noteOwner(request, server)));
    this.#reload();
  }

  /** The program finds in its own server what it would find in one of ours. */
  #beServed(captured: App["captured"]): void {
    captured?.serveBy({
      servers: () => this.servers.all,
      replace: (given) => this.#replaceApp(given, captured.facade),
      stop: (force) => this.#refuseStop(force),
    });
    if (captured !== undefined && this.#app.options["websocket"] !== undefined) {
      // Where there is only one server, nothing is to be noted.
      const note = (request: Request, server: BunServer): void => {
        if (this.servers.served.length > 1) captured.noteServer(request, server);
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
    for (const { server, inFlight, unlisted } of this.servers.served) {
      reloadServer(server, this.#handlers(inFlight, unlisted));
    }
  }

  /** At the end, in a handler of TERM for example, the listener has already been closed. */
  #refuseStop(force: boolean): Promise<void> {
    return this.hasStopped ? Promise.resolve() : this.#stopRefusal.refuse(force);
  }

  #handlers(inFlight: InFlight, unlisted: Unlisted | undefined): Record<string, unknown> {
    const options = bunOptions(this.#app, this.options, this.webSockets, {
      inFlight,
      meter: unlisted?.meter ?? this.options.meter,
      flag: this.marking.flag,
      faults: this.#errors,
      check: this.#check,
      timeout: this.#timeout,
      layers: unlisted?.layers ?? this.layers,
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
}

function compresses(websocket: unknown): boolean {
  return (
    typeof websocket === "object" &&
    websocket !== null &&
    "perMessageDeflate" in websocket &&
    Boolean(websocket.perMessageDeflate)
  );
}
