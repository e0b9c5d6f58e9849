// Bun's servers of one worker, one for each address, and the listeners behind them.
import type { Address } from "../../net/address.ts";
import { formatAddress, localAddress } from "../../net/address.ts";
import { acceptQueueLength } from "../../net/tcp-info.ts";
import { findListener, releaseListener } from "../../net/listeners.ts";
import { descriptors } from "../../os/open-descriptors.ts";
import { Polls } from "../../net/polls.ts";
import { acceptAtOnce, probeVanishedPeers } from "../../net/socket-options.ts";
import { Accepting } from "../connections/accepting.ts";
import type { App, Fetch } from "../app/app.ts";
import { keepServer, reloadServer, type Replacement, stopServer } from "../app/app-server.ts";
import type { Around } from "../requests/request-layer.ts";
import { AppErrors, type AppFault } from "../app/app-errors.ts";
import { Connections } from "../connections/connections.ts";
import { createHandler } from "./handler.ts";
import { AllInFlight, type Client, type InFlight, type Liveness } from "../requests/in-flight.ts";
import type { DrainFlag } from "../drain/mark.ts";
import type { Meter } from "../requests/meter.ts";
import { Outcomes } from "../requests/outcome.ts";
import { Pace } from "../drain/pace.ts";
import { closeFileOf } from "../routes/pass-on.ts";
import type { Pending } from "../solo/pending.ts";
import { PrivateServer } from "../routes/private-server.ts";
import { RequestCheck } from "./request-check.ts";
import { bunsRoutes, healthRoutes, prepareRoutes } from "../routes/routes.ts";
import { type Tell, Trouble, until } from "../trouble.ts";
import { WebSockets } from "./websockets.ts";

/** Between two tries to mark what Bun serves by itself. */
const MARK_AGAIN_MS = 100;

type BunServer = Bun.Server<unknown>;

const STOP_IGNORED =
  "the app called stop() of its server, which is ignored: a worker lets go of its address when pounce says so";

interface Bound {
  readonly server: BunServer;
  readonly address: Address;
  readonly listener: number;
  readonly inFlight: InFlight;
  released: boolean;
}

export interface ServerOptions {
  readonly app: App;
  readonly healthCheckPath: string | undefined;
  readonly health: () => Response;
  readonly meter: Meter;
  /** Makes what goes around every handler; undefined: nothing does. */
  readonly around: ((servers: Servers) => Around) | undefined;
  /** Tells of what the app did wrong with a request, which has an id or none. */
  readonly onFault: (fault: AppFault, requestId: string | undefined) => void;
  /** Told of what is wrong with this worker. */
  readonly onTrouble: Tell;
}

interface ServeOptions {
  readonly reusePort: boolean;
  readonly idleTimeout: number;
  readonly inFlight: InFlight;
}

export class Servers implements Liveness {
  readonly inFlight: AllInFlight;
  readonly outcomes = new Outcomes();
  readonly webSockets = new WebSockets(this.outcomes);
  readonly around: Around | undefined;
  /** Known only where nothing can be written past Bun, see pending.ts. */
  readonly pending: Pending | undefined = undefined;
  readonly #errors: AppErrors;
  readonly #flag: DrainFlag = { pace: undefined, expired: false, privately: undefined };
  readonly #uncounted = new WeakSet<Request>();
  readonly #bound: Bound[] = [];
  readonly #check = new RequestCheck();
  readonly connections: Connections;
  readonly accepting = new Accepting(() => this.openListeners);
  /** As it is now: what it has put in place of what it exported is in it. */
  #app: App;
  /** All that Bun has made for this worker, with their own in-flight. */
  readonly #served: { readonly server: BunServer; readonly inFlight: InFlight }[] = [];
  #stopped = false;
  #toldOfStop = false;

  readonly #marking: Trouble;

  constructor(readonly options: ServerOptions) {
    const what = "marking what Bun serves by itself";
    this.#marking = new Trouble(options.onTrouble, "drain-hindered", what);
    const { app, meter, around, onFault } = options;
    const { outcomes } = this;
    this.#app = app;
    this.inFlight = new AllInFlight(this, (request, result) => {
      if (this.#flag.privately !== undefined) {
        closeFileOf(request);
        if (this.#uncounted.has(request)) return;
      }
      meter.ended(request, outcomes.statusOf(request, result));
    });
    this.connections = new Connections(this.inFlight, this.webSockets);
    this.#errors = new AppErrors({
      outcomes,
      inFlight: this.inFlight,
      handler: () => this.#app.options["error"],
      tell: (fault) => onFault(fault, fault.request && this.around?.idOf(fault.request)),
    });
    this.around = around?.(this);
    app.tellErrors?.((error, request) => this.#errors.answered(error, request));
  }

  /**
   * Listens on one more address. Returns it, with its real port, and the listener's descriptor.
   * Throws.
   */
  bind(address: Address): { address: Address; listener: number } {
    // Bun's own timer would end slow handlers and quiet streams; keep-alive.ts closes what is idle.
    const inFlight = this.inFlight.add();
    const before = descriptors();
    const server = this.serve(address, { reusePort: true, idleTimeout: 0, inFlight });
    this.webSockets.watch(server, inFlight.server);
    const real = { host: address.host, port: server.port ?? address.port };
    const listener = findListener(real.port, before);
    acceptAtOnce(listener);
    probeVanishedPeers(listener);
    this.#bound.push({ server, address: real, listener, inFlight, released: false });
    const polls = this.#bound.length === 1 ? Polls.around(listener) : undefined;
    if (this.#bound.length === 1) this.accepting.begin(polls);
    this.connections.add(localAddress(listener) ?? real, inFlight.server, polls);
    return { address: real, listener };
  }

  protected serve(
    { host: hostname, port }: Address,
    { reusePort, idleTimeout, inFlight }: ServeOptions,
  ): BunServer {
    const fixed = { ipv6Only: false, development: false };
    const to = { hostname, port, reusePort, idleTimeout };
    const options = { ...this.#handlers(inFlight), ...to, ...fixed };
    const server = Bun.serve(options as Bun.Serve.Options<unknown>);
    this.#served.push({ server, inFlight });
    keepServer(server, {
      onReload: (given) => this.#replaceApp(server, given),
      onStop: () => this.#refuseStop(),
      all: () => this.#served.map((it) => it.server),
    });
    return server;
  }

  /**
   * The app has put something else in the place of what it exported: that is what is served, and
   * wrapped.
   */
  #replaceApp(server: BunServer, { fetch, ...options }: Replacement): void {
    const given = fetch === undefined ? {} : { fetch: (fetch as Fetch).bind(server) };
    this.#app = { ...this.#app, ...given, options: { ...this.#app.options, ...options } };
    if (this.#flag.privately !== undefined) this.#marking.survive(() => this.#servePrivately());
    this.#reloadAll();
  }

  #reloadAll(): void {
    for (const { server, inFlight } of this.#served) {
      reloadServer(server, this.#handlers(inFlight));
    }
  }

  /**
   * It would close the listener under clients. At the end, in a handler of TERM say, that is done
   * already.
   */
  #refuseStop(): void {
    if (this.#stopped || this.#toldOfStop) return;
    this.#toldOfStop = true;
    this.options.onTrouble("server-stop-ignored", STOP_IGNORED);
  }

  #handlers(inFlight: InFlight): Record<string, unknown> {
    const { healthCheckPath, health, meter } = this.options;
    const app = this.#app;
    const { routes, websocket, error: _, ...rest } = app.options;
    const { around, pending } = this;
    const [faults, uncounted] = [this.#errors, this.#uncounted];
    const [flag, check] = [this.#flag, this.#check];
    const context = { inFlight, meter, flag, faults, check, around, pending, uncounted };
    const fetch = createHandler(app.fetch, "fetch", context);
    const allRoutes = {
      ...prepareRoutes(routes, fetch, context),
      ...healthRoutes(healthCheckPath, health, context),
    };
    return {
      ...rest,
      fetch,
      ...(Object.keys(allRoutes).length > 0 ? { routes: allRoutes } : {}),
      error: (thrown: unknown) => faults.unsendable(thrown),
      ...(typeof websocket === "object" && websocket !== null
        ? { websocket: this.webSockets.wrap(websocket as Bun.WebSocketHandler<unknown>) }
        : {}),
    };
  }

  /** Has a request that is in flight live on, where Bun's own timer would end it. */
  keepOpen(_request: Request): void {}

  get listeners(): number[] {
    return this.#bound.map(({ listener }) => listener);
  }

  /** From now on responses are marked, over `paceMs`, static and file routes included. */
  markResponses(paceMs: number): void {
    this.paceMarks(new Pace(this.connectionCount, paceMs, performance.now()));
    // While descriptors are short it goes on unmarked.
    void until(this.#marking, this.#passOn, () => MARK_AGAIN_MS);
  }

  /** From now on what Bun serves by itself is passed on from a private server. Throws. */
  readonly #passOn = (): true => {
    this.#servePrivately();
    if (Object.keys(bunsRoutes(this.#app.options["routes"])).length > 0) this.#reloadAll();
    return true;
  };

  #servePrivately(): void {
    const onError = (error: unknown) => this.#errors.unsendable(error);
    const routes = bunsRoutes(this.#app.options["routes"]);
    // It takes descriptors, for which connections are not to compete.
    this.accepting.pausedDuring(() => {
      this.#flag.privately = new PrivateServer(routes, onError);
    });
  }

  /** @param pace `undefined`: responses are not marked, or no longer */
  protected paceMarks(pace: Pace | undefined): void {
    this.#flag.pace = pace;
  }

  /** From now on new requests get 503. */
  refuseRequests(): void {
    this.#flag.expired = true;
  }

  /** How many connections are not idle, as far as that is known. */
  get busyCount(): number {
    return this.connections.busyCount;
  }

  /** How many connections there are, as far as that is known. */
  get connectionCount(): number {
    return this.connections.all().length;
  }

  /** Connections that wait to be accepted. */
  get queued(): number {
    let queued = 0;
    for (const { listener, released } of this.#bound) {
      if (!released) queued += acceptQueueLength(listener);
    }
    return queued;
  }

  /** Any server of the process can tell for all of them. */
  requestIP(request: Request): Client | null {
    return this.#bound[0]?.server.requestIP(request) ?? null;
  }

  get pendingRequests(): number {
    return this.#bound.reduce((sum, { server }) => sum + server.pendingRequests, 0);
  }

  /** A request has been answered 503 past Bun. @param startedMs as `performance.now()` gives it */
  noteUnavailable(request: Request, startedMs: number): void {
    this.inFlight.forget(request);
    this.outcomes.note(request, 503);
    this.options.meter.ended(request, 503);
    this.around?.noteUnavailable(request, startedMs);
  }

  /** Lets go of the listener on an address; its connections are served on. */
  release(address: string): void {
    for (const bound of this.#bound) {
      if (bound.released || formatAddress(bound.address) !== address) continue;
      bound.released = true;
      releaseListener(bound.listener);
    }
  }

  /**
   * Closes connections on which Bun has nothing going on: half a request is, and a download that
   * pauses.
   */
  closeIdle(): void {
    for (const { server } of this.#bound) server.closeIdleConnections();
  }

  /** Listeners that this process still holds. */
  get openListeners(): number[] {
    if (this.#stopped) return [];
    return this.#bound.filter(({ released }) => !released).map(({ listener }) => listener);
  }

  get allReleased(): boolean {
    return this.#bound.every(({ released }) => released);
  }

  get addresses(): string[] {
    return this.#bound.map(({ address }) => formatAddress(address));
  }

  /** Closes listeners and idle connections; with `force`, all connections. */
  stop(force: boolean): void {
    this.#stopped = true;
    for (const { server } of this.#bound) stopServer(server, force);
  }
}
