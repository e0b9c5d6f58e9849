// What a worker does once its app has loaded: it listens, drains and ends. A message of the master
// asks for each, see worker.ts.
import type { DrainOrder } from "../core/effects.ts";
import { farewellFor, SERVICE_RESTART } from "../core/farewell.ts";
import type { LoadMessage, Sharers, WorkerReport } from "../ipc/messages.ts";
import { type Address, parseAddress, tcpAmong } from "../net/address.ts";
import type { ServedTls } from "../tls/served.ts";
import type { App } from "./app/app.ts";
import { placeOf, runLeader, runShutdown } from "./app/hooks.ts";
import type { Links } from "./links/links.ts";
import type { Leadership } from "./app/leadership.ts";
import { refuseOwnPorts } from "./app/own-ports.ts";
import { PACE_MS } from "./closing/pace.ts";
import { waiting } from "./drain/drain.ts";
import { labelOf } from "./load.ts";
import type { Meter } from "./requests/meter.ts";
import type { Servers } from "./serve/servers.ts";
import type { UnlistedPort } from "./requests/unlisted.ts";
import type { Carrier, System } from "./system.ts";
import type { WorkerLog } from "./worker-log.ts";

interface Loaded<S extends Servers> {
  readonly app: App;
  readonly servers: S;
  readonly meter: Meter;
  readonly settings: LoadMessage;
  readonly log: WorkerLog;
  readonly leadership: Leadership;
  /** To other workers. */
  readonly links: Links;
}

export class Serving<S extends Servers> {
  readonly #carrier: Carrier | undefined;
  #isSwept = false;
  #closesIdle = false;
  #drained: Promise<void> | undefined;
  #unlisted: (UnlistedPort & { readonly id: number }) | undefined;
  /** When the drain time is up, as `performance.now()` gives it. */
  #drainUntilMs = 0;
  /** Requests that had come before the drain started. */
  #requestsBefore = 0;

  constructor(
    readonly system: System<S>,
    readonly loaded: Loaded<S>,
  ) {
    const { servers, links, settings, log } = loaded;
    this.#carrier = system.carry(servers, links, settings, log);
  }

  /** Listens on all addresses. Returns them with their real ports. Throws. */
  listen(addresses: readonly Address[], shared: Sharers | undefined): Address[] {
    const { servers, settings } = this.loaded;
    if (servers.addresses.length === 0) {
      refuseOwnPorts(labelOf(settings), tcpAmong(addresses), this.system.openPorts());
    }
    return this.system.listen(servers, addresses, shared);
  }

  /**
   * Asks itself for what the operator wants to have been asked before the first client comes.
   * Resolves with the reason why the worker must not serve, or with `undefined`.
   * @param untilMs when that must have ended, as `performance.now()` gives it
   */
  async warmUp(address: Address, untilMs: number): Promise<string | undefined> {
    const { servers, settings, log } = this.loaded;
    const { warmup = [], app, healthCheckPath } = settings;
    // What pounce answers itself is warm, and a 503 there says nothing about the app.
    const paths = warmup.filter((path) => path.split("?", 1)[0] !== healthCheckPath);
    if (paths.length === 0) return undefined;
    const { warmUp } = await import("./warm-up/warm-up.ts");
    // One worker of a generation says for all.
    const isFirst = app.file === undefined;
    const onOdd = (words: string): void => {
      if (isFirst) log.warn("warmup-odd", words);
    };
    const reason = await warmUp(servers.handlers, { paths, address, untilMs, onOdd });
    return reason && `app ${labelOf(settings)}: ${reason}`;
  }

  /** Answers on a port of 127.0.0.1 as well, see requests/unlisted.ts. Throws. */
  openUnlisted(id: number): number {
    const { handlers, addresses } = this.loaded.servers;
    this.#unlisted?.close();
    this.#unlisted = undefined;
    const [address = "127.0.0.1:0"] = addresses;
    const opened = handlers.own.serveOnPort(parseAddress(address));
    this.#unlisted = { ...opened, id };
    return opened.port;
  }

  /** Closes that port, if it is still that one. */
  closeUnlisted(id: number): void {
    if (this.#unlisted?.id !== id) return;
    this.#unlisted.close();
    this.#unlisted = undefined;
  }

  /** Whether to accept from the shared listening socket of an address. */
  accept(address: string, accepts: boolean): void {
    this.system.accept(this.loaded.servers, address, accepts);
  }

  /** From now on new connections get these certificates. Throws. */
  renew(tls: ServedTls): void {
    this.system.renew(this.loaded.servers, tls);
  }

  /** From now on ends connections that are idle, or slower than they may be. */
  closeIdleInTime(): void {
    const { servers, meter, settings } = this.loaded;
    const { headerTimeoutMs, minUploadRate } = settings.limits;
    const limits = {
      keepAliveMs: settings.keepAliveTimeoutMs,
      silentMs: headerTimeoutMs,
      headerMs: headerTimeoutMs,
      uploadRate: minUploadRate,
    };
    if (!this.#isSwept) this.system.keepAlive(servers, meter, limits);
    this.#isSwept = true;
  }

  /** There are so many descriptors more that are no connections of clients, or fewer. */
  noteDescriptors(more: number): void {
    this.system.noteDescriptors(this.loaded.servers, more);
  }

  /** @param say tells the master whether it has as many connections as it may */
  limitConnections(say: (isFull: boolean) => void): void {
    const { servers, meter, settings } = this.loaded;
    const { maxConnections } = settings.limits;
    if (maxConnections > 0) this.system.limitConnections(servers, meter, maxConnections, say);
  }

  /** Releases a listener once its queue is empty; the master makes sure that nothing new comes. */
  release(address: string): Promise<void> {
    return this.system.release(this.loaded.servers, address);
  }

  /**
   * In standby it keeps the app as it is, and serves what comes. Its answers let go of their
   * connections, until it serves as before again. After the drain has begun that means nothing.
   */
  standby(isOn: boolean): void {
    if (this.#drained === undefined) this.system.standBy(this.loaded.servers, isOn);
  }

  /** While a canary is tried, each connection lasts about a second, so that all are shared out. */
  spread(isOn: boolean): void {
    if (this.#drained === undefined) this.loaded.servers.spread(isOn);
  }

  /** It is the leader from now on, see app/leadership.ts. */
  lead(untilMs: number): void {
    const { app, settings, leadership } = this.loaded;
    leadership.lead(untilMs, (signal) => runLeader(app, placeOf(settings, leadership), signal));
  }

  /** Starts the drain, the first time; resolves when the worker is idle. */
  drain(order: Omit<DrainOrder, "type">): Promise<void> {
    this.#closesIdle ||= order.closeIdle;
    if (this.#drained !== undefined) {
      this.#carrier?.stop(false);
      this.#sendWebSocketsAway(order);
    }
    this.#drained ??= this.#beginDrain(order);
    return this.#drained;
  }

  /** They move to other workers, or are closed; a later order counts for those that are left. */
  #sendWebSocketsAway(order: Omit<DrainOrder, "type">): void {
    const { servers, settings } = this.loaded;
    const { webSockets } = servers.handlers;
    const { closeCode = SERVICE_RESTART } = settings.websocket ?? {};
    webSockets.sayFarewell(farewellFor(order, closeCode), order.timeoutMs);
    if (order.carryTo === undefined || this.#carrier === undefined) {
      if (this.#carrier !== undefined && order.reason !== "stop") this.#tellOfClosed();
      webSockets.closeAll();
    } else {
      void this.#carrier.leave(order.carryTo, order.timeoutMs);
    }
  }

  /** They would have moved, but no worker takes them: after a handover, for example. */
  #tellOfClosed(): void {
    const { count } = this.loaded.servers.handlers.webSockets;
    if (count === 0) return;
    const why = "no worker of the new version takes them";
    const fields = { carried: 0, closed: count };
    const words = `0 WebSocket(s) moved to other workers; ${count} closed: ${why}`;
    this.loaded.log.warn("websockets-carried", words, undefined, fields);
  }

  /** From now on these workers take its WebSockets. */
  redirectWebSockets(workers: readonly number[]): void {
    void this.#carrier?.redirect(workers);
  }

  #beginDrain(order: Omit<DrainOrder, "type">): Promise<void> {
    const { app, servers, settings, log, leadership } = this.loaded;
    const { reason, timeoutMs, closeIdle } = order;
    this.#drainUntilMs = performance.now() + timeoutMs;
    this.#requestsBefore = servers.handlers.inFlight.total;
    const trouble = waiting(servers, "a first step of the drain");
    const isPaced = reason === "reload" && !closeIdle;
    trouble.survive(() => servers.markResponses(isPaced ? PACE_MS : 0));
    if (reason === "reload" && closeIdle) void this.system.closeIdleAtOnce(servers);
    trouble.survive(() => this.#sendWebSocketsAway(order));
    const resigned = leadership.leave();
    const ended = runShutdown(app, placeOf(settings, leadership), reason, timeoutMs, (error) =>
      log.error("shutdown-hook-threw", "the app's shutdown hook threw", { thrown: error }),
    );
    const settled = this.#carrier?.settled();
    const hook = Promise.all([resigned, ended, settled]).then(() => undefined);
    const { isSteered = false } = order;
    const closesIdle = (): boolean => this.#closesIdle;
    return this.system.untilIdle(servers, hook, { isSteered, timeoutMs, closesIdle });
  }

  /** What is left of the drain time; `undefined`: no drain has started. */
  get drainLeftMs(): number | undefined {
    return this.#drained && this.#drainUntilMs - performance.now();
  }

  /** Requests that have come since the drain started, or since the start. */
  get served(): number {
    return this.loaded.servers.handlers.inFlight.total - this.#requestsBefore;
  }

  get report(): WorkerReport {
    const { handlers, connectionCount } = this.loaded.servers;
    return {
      requests: handlers.inFlight.total,
      inFlight: handlers.servers.pendingRequests,
      connections: connectionCount,
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  /** Stops, since nothing is left; if anything has come since, stops after it. */
  async stop(): Promise<void> {
    const { servers } = this.loaded;
    await this.system.untilEmpty(servers);
    servers.handlers.inFlight.sweep();
    servers.stop(false);
  }

  /** Stops by force. @param tell gets what that cuts off, as far as it is known */
  async force(tell: (ended: ReturnType<System<S>["stillGoingOn"]>) => void): Promise<void> {
    const { servers } = this.loaded;
    this.#carrier?.stop(true);
    // The stop goes on even if this fails.
    waiting(servers, "reporting what is cut off").survive(() =>
      tell(this.system.stillGoingOn(servers)),
    );
    await this.system.force(servers);
  }

  /** The app ends the process, now. */
  answerBeforeExit(): void {
    this.system.answerBeforeExit(this.loaded.servers);
  }

  /** Drains and stops without a master. */
  endAsOrphan(): Promise<void> {
    const { servers, settings } = this.loaded;
    const timeoutMs = settings.shutdownTimeoutMs;
    // Nobody has asked for a stop: whoever supervises the server starts it again.
    const order = { reason: "stop", timeoutMs, closeIdle: false, webSockets: "at-once" } as const;
    const drain = (): Promise<void> => this.drain(order);
    return this.system.endAsOrphan(servers, settings, drain);
  }
}
