// The servers of a worker that shares its addresses with others: one of Bun's for each address, and
// the listener behind it. How each comes to listen is in bind-own.ts and bind-shared.ts.
import { isDeepStrictEqual } from "node:util";
import {
  type Address,
  formatAddress,
  isUnix,
  localAddress,
  type TcpAddress,
} from "../../net/address.ts";
import { releaseListener } from "../../net/listeners.ts";
import { Polls } from "../../net/polls.ts";
import { acceptAtOnce } from "../../net/socket-options.ts";
import { acceptQueueLength } from "../../net/tcp-info.ts";
import { localPath } from "../../net/unix-address.ts";
import { parentPid } from "../../os/parent-death.ts";
import { stopServer } from "../app/app-server.ts";
import { Accepting } from "../connections/accepting.ts";
import { Connections } from "../connections/connections.ts";
import { Pace, PACE_MS, SteadyPace } from "../closing/pace.ts";
import type { ServedTls } from "../../tls/served.ts";
import { AppHandlers } from "./app-handlers.ts";
import { bindOwn } from "./bind-own.ts";
import { bindShared, type SharedSocket } from "./bind-shared.ts";
import type { Bound } from "./bound.ts";
import type { HandlerOptions } from "./handler-options.ts";
import { succeedAll } from "./renewal.ts";
import { OtherMaster } from "./other-master.ts";
import { RetiredServers } from "./retired-servers.ts";
import type { Servers } from "./servers.ts";

export class SharedServers implements Servers {
  readonly handlers: AppHandlers;
  readonly connections: Connections;
  readonly accepting = new Accepting(() => this.#acceptingListeners);
  /** A drain has begun. */
  isDraining = false;
  /** How often it was told to be in standby, to serve again, or to drain. */
  turns = 0;
  readonly #bound: Bound[] = [];
  /** Servers that have a successor. */
  readonly #retired = new RetiredServers((server) => this.handlers.servers.forget(server));
  /** Undefined: nothing is shared. */
  #otherMaster: OtherMaster | undefined;
  /** What Bun's event loop waits for. */
  #polls: Polls | undefined;

  constructor(options: HandlerOptions) {
    this.handlers = new AppHandlers(options);
    const { inFlight, webSockets } = this.handlers;
    this.connections = new Connections(inFlight, webSockets, options.tls !== undefined);
  }

  /** What Bun's event loop waits for; undefined: that is not known. */
  get polls(): Polls | undefined {
    return this.#polls;
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
    const bound = bindOwn(this.handlers, address);
    this.#pollsAround(bound.listener);
    this.#add(bound);
    return bound;
  }

  /** Listens with a socket that all workers share, and accepts nothing yet. Throws. */
  bindShared(address: Address, shared: SharedSocket): void {
    this.#otherMaster ??= new OtherMaster(parentPid());
    const polls = (listener: number): Polls => this.#require(this.#pollsAround(listener));
    this.#add(bindShared(this.handlers, address, shared, polls));
  }

  /** At the first bind. */
  #pollsAround(listener: number): Polls | undefined {
    if (this.#bound.length === 0) {
      this.#polls = Polls.around(listener);
      this.accepting.begin(this.#polls);
    }
    return this.#polls;
  }

  #require(polls = this.#polls): Polls {
    if (polls === undefined) throw new Error("what Bun's event loop waits for is not known");
    return polls;
  }

  #add(bound: Bound): void {
    const { address, listener, inFlight } = bound;
    this.#bound.push(bound);
    const path = localPath(listener);
    const local = path === undefined ? localAddress(listener) : { path };
    this.connections.add(local ?? address, inFlight.server, this.#polls);
  }

  /**
   * From now on new connections get these certificates; open ones keep theirs. Throws where that is
   * impossible: then all get the old ones.
   */
  renew(tls: ServedTls): void {
    const { handlers, accepting } = this;
    const before = handlers.tls;
    if (handlers.hasStopped || isDeepStrictEqual(before, tls)) return;
    const bound = this.#bound.filter(({ released }) => !released);
    handlers.tls = tls;
    handlers.beSeveral();
    try {
      if (bound.length > 0) accepting.withReserve(() => this.#succeed(bound));
    } catch (error) {
      handlers.tls = before;
      throw error;
    }
  }

  #succeed(all: readonly Bound[]): void {
    const { handlers, accepting } = this;
    const connections = this.connections.all();
    const old = succeedAll(all, { handlers, accepting, polls: this.#require() });
    for (const server of old) this.#retired.add(server, connections);
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
    const [accepting, otherMaster] = [this.accepting, this.#otherMaster];
    if (otherMaster === undefined) return;
    for (const { shared, released } of this.#bound) {
      if (!released) shared?.leave(accepting, otherMaster);
    }
  }

  get hasUnix(): boolean {
    return this.#bound.some(({ address }) => isUnix(address));
  }

  /** For listeners that may close soon: see socket-options.ts. */
  acceptAtOnce(): void {
    for (const listener of this.openListeners) acceptAtOnce(listener);
  }

  markResponses(paceMs: number): void {
    this.turns++;
    this.isDraining = true;
    this.#mark(paceMs);
  }

  spread(isOn: boolean): void {
    const { marking } = this.handlers;
    if (!isOn) return marking.end();
    marking.pace(new SteadyPace(PACE_MS, performance.now()));
  }

  standBy(isOn: boolean): void {
    this.turns++;
    if (isOn) this.#mark(PACE_MS);
    else this.handlers.marking.end();
  }

  #mark(paceMs: number): void {
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
