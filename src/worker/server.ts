// Bun's servers of one worker, one for each address, and the listeners behind them.
import type { Address } from "../net/address.ts";
import { formatAddress, localPort } from "../net/address.ts";
import { acceptQueueLength } from "../net/tcp-info.ts";
import { descriptors, findListener, releaseListener } from "../net/listeners.ts";
import { acceptAtOnce, probeVanishedPeers } from "../net/socket-options.ts";
import type { App } from "./app.ts";
import type { Around } from "./around.ts";
import { AppErrors, type AppFault } from "./app-errors.ts";
import { createHandler, type DrainFlag } from "./handler.ts";
import { InFlight } from "./in-flight.ts";
import type { Meter } from "./meter.ts";
import { Outcomes } from "./outcome.ts";
import { Pace } from "./pace.ts";
import type { Pending } from "./pending.ts";
import { healthRoutes, prepareRoutes } from "./routes.ts";
import { WebSockets } from "./websockets.ts";

type BunServer = Bun.Server<unknown>;

interface Bound {
  readonly server: BunServer;
  readonly address: Address;
  readonly listener: number;
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
}

export class Servers {
  readonly inFlight: InFlight;
  readonly outcomes = new Outcomes();
  readonly webSockets = new WebSockets(this.outcomes);
  readonly around: Around | undefined;
  /** Known only where nothing can be written past Bun, see pending.ts. */
  readonly pending: Pending | undefined = undefined;
  readonly #errors: AppErrors;
  readonly #flag: DrainFlag = { pace: undefined, expired: false };
  readonly #bound: Bound[] = [];

  constructor(readonly options: ServerOptions) {
    const { app, meter, around, onFault } = options;
    const { outcomes } = this;
    this.inFlight = new InFlight(this, (request, result) =>
      meter.ended(request, outcomes.statusOf(request, result)),
    );
    this.#errors = new AppErrors({
      outcomes,
      inFlight: this.inFlight,
      handler: app.options["error"],
      tell: (fault) => onFault(fault, fault.request && this.around?.idOf(fault.request)),
    });
    this.around = around?.(this);
  }

  /** Listens on one more address. Returns it, with its real port, and the listener's descriptor. Throws. */
  bind(address: Address): { address: Address; listener: number } {
    // Bun's own timer would end slow handlers and quiet streams; keep-alive.ts closes what is idle.
    const server = this.serve(address, { reusePort: true, idleTimeout: 0 });
    this.webSockets.watch(server);
    const real = { host: address.host, port: server.port ?? address.port };
    const listener = findListener(real.port, this.listeners);
    acceptAtOnce(listener);
    probeVanishedPeers(listener);
    this.#bound.push({ server, address: real, listener, released: false });
    return { address: real, listener };
  }

  protected serve(
    { host: hostname, port }: Address,
    { reusePort, idleTimeout }: { readonly reusePort: boolean; readonly idleTimeout: number },
  ): BunServer {
    const fixed = { ipv6Only: false, development: false };
    const options = { ...this.#handlers(), hostname, port, reusePort, idleTimeout, ...fixed };
    return Bun.serve(options as Bun.Serve.Options<unknown>);
  }

  #handlers(): Record<string, unknown> {
    const { app, healthCheckPath, health, meter } = this.options;
    const { routes, websocket, error: _, ...rest } = app.options;
    const { inFlight, around, pending } = this;
    const faults = this.#errors;
    const context = { inFlight, meter, flag: this.#flag, faults, around, pending };
    const allRoutes = {
      ...prepareRoutes(routes, context),
      ...healthRoutes(healthCheckPath, health, context),
    };
    return {
      ...rest,
      fetch: createHandler(app.fetch, "fetch", context),
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
    if (typeof this.options.app.options["routes"] !== "object") return;
    for (const { server } of this.#bound) server.reload(this.#handlers() as never);
  }

  /** @param pace `undefined`: responses are not marked, or no longer */
  protected paceMarks(pace: Pace | undefined): void {
    this.#flag.pace = pace;
  }

  /** From now on new requests get 503. */
  refuseRequests(): void {
    this.#flag.expired = true;
  }

  /** Accepted connections, by descriptor. @param isKnown says of which one this need not be found out */
  connections(isKnown: (fd: number) => boolean = () => false): number[] {
    if (this.#bound.length === 0) return [];
    return descriptors().filter((fd) => isKnown(fd) || this.isConnection(fd));
  }

  /** Whether a descriptor is an accepted connection. */
  isConnection(fd: number): boolean {
    const port = localPort(fd);
    if (this.#bound.some(({ listener }) => listener === fd)) return false;
    return this.#bound.some(({ address }) => address.port === port);
  }

  /** How many connections there are, as far as that is known. */
  get connectionCount(): number {
    return this.connections().length;
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
  requestIP(request: Request): { readonly address: string; readonly port: number } | null {
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

  /** Closes connections on which no request is in flight. */
  closeIdle(): void {
    for (const { server } of this.#bound) server.closeIdleConnections();
  }

  /** Listeners that this process still holds. */
  get openListeners(): number[] {
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
    for (const { server } of this.#bound) void server.stop(force);
  }
}
