// The servers of a worker that shares its addresses with others: one of Bun's for each address, and
// the listener behind it.
import { isDeepStrictEqual } from "node:util";
import type { Sharers } from "../../ipc/messages.ts";
import { adoptListener, moveListener } from "../../net/adopt-listener.ts";
import { type Address, isUnix, type TcpAddress } from "../../net/address.ts";
import { formatAddress, localAddress } from "../../net/address.ts";
import {
  findListener,
  findNewListener,
  listenersNow,
  releaseListener,
} from "../../net/listeners.ts";
import { Polls } from "../../net/polls.ts";
import { acceptAtOnce, probeVanishedPeers } from "../../net/socket-options.ts";
import { acceptQueueLength } from "../../net/tcp-info.ts";
import { localPath } from "../../net/unix-address.ts";
import { stopServer } from "../app/app-server.ts";
import { Accepting } from "../connections/accepting.ts";
import { Connections } from "../connections/connections.ts";
import { Pace } from "../closing/pace.ts";
import type { ServedTls } from "../../tls/served.ts";
import type { Listening } from "../node/node-handler.ts";
import { UNIX_CLIENT } from "../requests/client.ts";
import { AppHandlers, type HandlerOptions } from "./app-handlers.ts";
import { unseenPlace } from "../http/place.ts";
import { RetiredServers } from "./retired-servers.ts";
import { SharedListener } from "./shared-listener.ts";
import type { Servers } from "./servers.ts";

interface Bound {
  readonly server: Bun.Server<unknown>;
  readonly address: Address;
  readonly listener: number;
  /** Undefined: the listener is this worker's own. */
  readonly shared: SharedListener | undefined;
  /** How it listens, apart from where. */
  readonly listening: Pick<Listening, "idleTimeout" | "inFlight">;
  /** See `InFlight.server`. */
  readonly number: number;
  released: boolean;
}

/** A listening socket that all workers share. */
interface Shared {
  readonly socket: number;
  readonly whose: Sharers;
}

export class SharedServers implements Servers {
  readonly handlers: AppHandlers;
  readonly connections: Connections;
  readonly accepting = new Accepting(() => this.#acceptingListeners);
  /** A drain has begun. */
  isDraining = false;
  readonly #bound: Bound[] = [];
  /** Servers that have a successor. */
  readonly #retired = new RetiredServers((server) => this.handlers.forget(server));
  /** What Bun's event loop waits for. */
  #polls: Polls | undefined;

  constructor(options: HandlerOptions) {
    this.handlers = new AppHandlers(options);
    const { inFlight, webSockets } = this.handlers;
    this.connections = new Connections(inFlight, webSockets, options.tls !== undefined);
  }

  /** Whether connections carry TLS, so that only Bun can write to them. */
  get isSecure(): boolean {
    return this.connections.isSecure;
  }

  /**
   * Listens on one more address. Returns it, with its real port, and the listener's descriptor.
   * Throws.
   */
  bind(address: TcpAddress): { readonly address: TcpAddress; readonly listener: number } {
    // Bun's own timer would end slow handlers and quiet streams; keep-alive.ts closes idle
    // connections.
    const inFlight = this.handlers.track(address);
    const before = listenersNow();
    const server = this.handlers.serve(address, { reusePort: true, idleTimeout: 0, inFlight });
    this.handlers.webSockets.watch(server, inFlight.server);
    const real = { host: address.host, port: server.port ?? address.port };
    const listener = findListener(real.port, before);
    acceptAtOnce(listener);
    probeVanishedPeers(listener);
    this.#begin(listener);
    const number = inFlight.server;
    const listening = { idleTimeout: 0, inFlight };
    const own = { address: real, listener, shared: undefined, listening, number };
    this.#bound.push({ server, ...own, released: false });
    this.connections.add(localAddress(listener) ?? real, number, this.#polls);
    return { address: real, listener };
  }

  /** At the first bind. */
  #begin(listener: number): void {
    if (this.#bound.length > 0) return;
    this.#polls = Polls.around(listener);
    this.accepting.begin(this.#polls);
  }

  /**
   * Listens with a socket that all workers share, and accepts nothing yet. The caller closes its
   * descriptor of it. Throws.
   */
  bindShared(address: Address, { socket, whose }: Shared): void {
    const { handlers } = this;
    const isOnUnix = isUnix(address);
    const inFlight = handlers.track(address);
    const unseen = unseenPlace(address);
    // On Unix sockets Bun's own timer could not even be put off: `server.timeout` does nothing.
    const idleTimeout = 0;
    const before = listenersNow();
    const server = handlers.serve(address, { unseen, reusePort: false, idleTimeout, inFlight });
    handlers.webSockets.watch(server, inFlight.server, isOnUnix ? UNIX_CLIENT : null);
    const listener = findNewListener(before);
    this.#begin(listener);
    if (this.#polls === undefined) throw new Error("what Bun's event loop waits for is not known");
    const accept = adoptListener(this.#polls, listener, socket);
    if (!isOnUnix) probeVanishedPeers(listener);
    const shared = new SharedListener(listener, address, whose, this.#polls, accept);
    const number = inFlight.server;
    const listening = { idleTimeout, inFlight };
    this.#bound.push({ server, address, listener, shared, listening, number, released: false });
    const path = localPath(listener);
    const local = path === undefined ? localAddress(listener) : { path };
    this.connections.add(local ?? address, number, this.#polls);
  }

  /**
   * From now on new connections get these certificates; open ones keep theirs. Each server of Bun
   * gets a successor that takes over its listener, as Bun changes no certificates. Throws where
   * that is impossible: then the old ones are served on.
   */
  renew(tls: ServedTls): void {
    const { handlers } = this;
    const before = handlers.tls;
    if (handlers.hasStopped || isDeepStrictEqual(before, tls)) return;
    handlers.tls = tls;
    handlers.beSeveral();
    try {
      this.accepting.withReserve(() => {
        for (const [index, bound] of this.#bound.entries()) {
          if (!bound.released) this.#bound[index] = this.#succeed(bound);
        }
      });
    } catch (error) {
      handlers.tls = before;
      throw error;
    }
  }

  /** Makes another server of Bun take over a listener. */
  #succeed(bound: Bound): Bound {
    const { address, shared, listening, number } = bound;
    const polls = this.#polls;
    if (polls === undefined) throw new Error("what Bun's event loop waits for is not known");
    const known = listenersNow();
    const place = { unseen: unseenPlace(address), reusePort: false };
    const server = this.handlers.serve(address, { ...listening, ...place });
    try {
      this.handlers.webSockets.watch(server, number, isUnix(address) ? UNIX_CLIENT : null);
      const listener = findNewListener(known);
      const connections = this.connections.all();
      const moved = shared?.movedTo(listener, this.accepting);
      if (moved === undefined) {
        this.accepting.admit(listener, moveListener(polls, bound.listener, listener));
      }
      this.#retired.add(bound.server, connections);
      return { ...bound, server, listener, shared: moved };
    } catch (error) {
      stopServer(server, true);
      this.handlers.forget(server);
      throw error;
    }
  }

  /** What there is to do now and then. */
  look(): void {
    this.#retired.look();
  }

  /** Whether to accept from a shared listening socket. Throws `SystemError`. */
  accept(address: string, accepts: boolean): void {
    for (const { shared, released, ...bound } of this.#bound) {
      if (released || formatAddress(bound.address) !== address) continue;
      shared?.set(accepts, this.accepting);
    }
  }

  /** Whether it accepts from a shared listening socket: the master says until when. */
  get acceptsShared(): boolean {
    return this.#bound.some(({ shared, released }) => !released && shared?.accepts === true);
  }

  /** Whether all that it has listened on is shared: with no listener a handshake is lost. */
  get isShared(): boolean {
    return this.#bound.every(({ shared }) => shared !== undefined);
  }

  /** The master has died. */
  leaveShared(): void {
    for (const { shared, released } of this.#bound) if (!released) shared?.leave(this.accepting);
  }

  get hasUnix(): boolean {
    return this.#bound.some(({ address }) => isUnix(address));
  }

  /** For listeners that may close soon: see socket-options.ts. */
  acceptAtOnce(): void {
    for (const listener of this.openListeners) acceptAtOnce(listener);
  }

  markResponses(paceMs: number): void {
    this.isDraining = true;
    const { marking } = this.handlers;
    marking.pace(new Pace(this.connections.about, paceMs, performance.now()));
    marking.passOn((action) => this.accepting.pausedDuring(action));
  }

  refuseRequests(): void {
    this.handlers.marking.refuseRequests();
  }

  get busyCount(): number {
    return this.connections.busyCount;
  }

  get connectionCount(): number {
    return this.connections.all().length;
  }

  /** Connections that wait to be accepted by this worker. */
  get queued(): number {
    let queued = 0;
    for (const { listener, released, shared } of this.#bound) {
      if (released) continue;
      if (shared !== undefined) queued += shared.isQueued ? 1 : 0;
      else queued += acceptQueueLength(listener);
    }
    return queued;
  }

  /** Releases the listener on an address; its connections are still served. */
  async release(address: string): Promise<void> {
    for (const bound of this.#bound) {
      if (bound.released || formatAddress(bound.address) !== address) continue;
      await bound.shared?.end();
      bound.released = true;
      releaseListener(bound.listener);
    }
  }

  /**
   * Closes the connections on which Bun has nothing in progress. Half a request counts as idle, and
   * so does a paused download.
   */
  closeIdle(): void {
    for (const { server } of this.#bound) server.closeIdleConnections();
    this.#retired.closeIdle();
  }

  /** Listeners of its own that this process still holds. */
  get openListeners(): number[] {
    if (this.handlers.hasStopped) return [];
    return this.#bound
      .filter(({ released, shared }) => !released && shared === undefined)
      .map(({ listener }) => listener);
  }

  /** Those that Bun is to accept from. */
  get #acceptingListeners(): number[] {
    if (this.handlers.hasStopped) return [];
    return this.#bound
      .filter(({ released, shared }) => !released && shared?.accepts !== false)
      .map(({ listener }) => listener);
  }

  get allReleased(): boolean {
    return this.#bound.every(({ released }) => released);
  }

  get addresses(): string[] {
    return this.#bound.map(({ address }) => formatAddress(address));
  }

  /** A worker may go on with the requests that it has after that. */
  stop(force: boolean): void {
    this.handlers.hasStopped = true;
    for (const bound of this.#bound) {
      bound.released = true;
      stopServer(bound.server, force);
    }
    this.#retired.stop(force);
  }
}
