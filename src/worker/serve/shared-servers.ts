// The servers of a worker that shares its addresses with others: one of Bun's for each address, and
// the listener behind it.
import type { Address } from "../../net/address.ts";
import { formatAddress, localAddress } from "../../net/address.ts";
import { findListener, releaseListener } from "../../net/listeners.ts";
import { Polls } from "../../net/polls.ts";
import { acceptAtOnce, probeVanishedPeers } from "../../net/socket-options.ts";
import { acceptQueueLength } from "../../net/tcp-info.ts";
import { descriptors } from "../../os/open-descriptors.ts";
import { stopServer } from "../app/app-server.ts";
import { Accepting } from "../connections/accepting.ts";
import { Connections } from "../connections/connections.ts";
import { Pace } from "../closing/pace.ts";
import { AppHandlers, type HandlerOptions } from "./app-handlers.ts";
import type { Servers } from "./servers.ts";

interface Bound {
  readonly server: Bun.Server<unknown>;
  readonly address: Address;
  readonly listener: number;
  released: boolean;
}

export class SharedServers implements Servers {
  readonly handlers: AppHandlers;
  readonly connections: Connections;
  readonly accepting = new Accepting(() => this.openListeners);
  readonly #bound: Bound[] = [];

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
  bind(address: Address): { readonly address: Address; readonly listener: number } {
    // Bun's own timer would end slow handlers and quiet streams; keep-alive.ts closes idle
    // connections.
    const inFlight = this.handlers.inFlight.add();
    const before = descriptors();
    const server = this.handlers.serve(address, { reusePort: true, idleTimeout: 0, inFlight });
    this.handlers.webSockets.watch(server, inFlight.server);
    const real = { host: address.host, port: server.port ?? address.port };
    const listener = findListener(real.port, before);
    acceptAtOnce(listener);
    probeVanishedPeers(listener);
    this.#bound.push({ server, address: real, listener, released: false });
    const polls = this.#bound.length === 1 ? Polls.around(listener) : undefined;
    if (this.#bound.length === 1) this.accepting.begin(polls);
    this.connections.add(localAddress(listener) ?? real, inFlight.server, polls);
    return { address: real, listener };
  }

  /** For listeners that may close soon: see socket-options.ts. */
  acceptAtOnce(): void {
    for (const listener of this.openListeners) acceptAtOnce(listener);
  }

  markResponses(paceMs: number): void {
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

  /** Connections that wait to be accepted. */
  get queued(): number {
    let queued = 0;
    for (const { listener, released } of this.#bound) {
      if (!released) queued += acceptQueueLength(listener);
    }
    return queued;
  }

  /** Releases the listener on an address; its connections are still served. */
  release(address: string): void {
    for (const bound of this.#bound) {
      if (bound.released || formatAddress(bound.address) !== address) continue;
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
  }

  /** Listeners that this process still holds. */
  get openListeners(): number[] {
    if (this.handlers.hasStopped) return [];
    return this.#bound.filter(({ released }) => !released).map(({ listener }) => listener);
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
  }
}
