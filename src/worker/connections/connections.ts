// The accepted connections of a worker: all of them, which client each belongs to, and which are
// idle.
//
// To look at each descriptor takes some microseconds for each. So what a look has found is kept:
// whether any connection is left can be told by one of them, and how many there are by the number
// of descriptors.
import {
  type Address,
  boundSockets,
  isUnix,
  localAddress,
  peerAddress,
} from "../../net/address.ts";
import { descriptors, descriptorsInParts, openDescriptors } from "../../os/open-descriptors.ts";
import { SHUT_RD, SHUT_RDWR } from "../../os/constants.ts";
import { libc } from "../../os/libc.ts";
import type { PollCounts, Polls } from "../../net/polls.ts";
import { isListening } from "../../net/socket-options.ts";
import { isTcpConnection } from "../../net/tcp-info.ts";
import { localPath } from "../../net/unix-address.ts";
import {
  connectionKey,
  connectionOf,
  isAtRest,
  isOfUnix,
  type Listening,
  serverOf,
} from "./connection.ts";
import { UNIX_CLIENT } from "../requests/client.ts";
import type { AllInFlight, InFlightRequest } from "../requests/in-flight.ts";
import type { WebSockets } from "./websockets.ts";

/** How many descriptors are looked at in one part. */
const PART = 256;

export class Connections {
  readonly #servers: Listening[] = [];
  /** The numbers of those on Unix sockets, by what their listeners were bound to. */
  readonly #paths = new Map<string, number>();
  /** What the event loop waits for, where that is known. */
  #polls: Polls | undefined;
  /** Those of the latest look that may still be open. */
  #seen: number[] = [];
  /** How many descriptors were others then. */
  #others: number | undefined;

  constructor(
    readonly inFlight: AllInFlight,
    readonly webSockets: WebSockets,
    /** Whether they carry TLS: what is on them are records, not requests. */
    readonly isSecure = false,
  ) {}

  /** Adds one more server that listens. @param number see `InFlight.server` */
  add(local: Address, number: number, polls: Polls | undefined): void {
    this.#servers.push({ local, number });
    if (isUnix(local)) this.#paths.set(local.path, number);
    this.#polls ??= polls;
  }

  /** All of them, by descriptor. */
  all(): readonly number[] {
    if (this.#servers.length === 0) return [];
    const open = descriptors();
    const found = this.#among(open);
    this.#note(found, open.length - found.length);
    return found;
  }

  /**
   * The same, in parts: each takes a millisecond or two. What comes meanwhile may be missing, and
   * what goes be among them.
   * @param isKnown says which ones need not be checked
   * @param pause is called between the parts
   */
  async allInParts(
    isKnown: (fd: number) => boolean,
    pause: () => Promise<void>,
  ): Promise<readonly number[]> {
    if (this.#servers.length === 0) return [];
    const open = await descriptorsInParts(pause);
    const found = open.filter(isKnown);
    const others = open.filter((fd) => !isKnown(fd));
    for (let from = 0; from < others.length; from += PART) {
      if (from > 0) await pause();
      found.push(...this.#among(others.slice(from, from + PART)));
    }
    this.#note(found, open.length - found.length);
    return found;
  }

  #among(fds: readonly number[]): number[] {
    const bound = boundSockets(fds).filter(({ port }) => this.#isOurPort(port));
    const tcp = bound.map(({ fd }) => fd).filter((fd) => this.has(fd));
    return this.#paths.size === 0 ? tcp : [...tcp, ...fds.filter((fd) => this.#isUnix(fd))];
  }

  #note(found: readonly number[], others: number): void {
    this.#seen = [...found];
    this.#others = others;
  }

  /**
   * Whether there are any. One that is gone is asked about no more, so that all calls together take
   * as much as two looks, however often they come.
   */
  get any(): boolean {
    for (;;) {
      const fd = this.#seen.at(-1);
      if (fd === undefined) return this.all().length > 0;
      // The number may be another connection's by now, which is as good.
      if (this.has(fd)) return true;
      this.#seen.pop();
    }
  }

  /** How many there are, give or take what the app has opened and closed since the latest look. */
  get about(): number {
    const open = openDescriptors();
    if (open === undefined || this.#others === undefined) return this.all().length;
    return Math.max(0, open - this.#others);
  }

  /** There are so many more that are none, or fewer. */
  noteOthers(more: number): void {
    if (this.#others !== undefined) this.#others += more;
  }

  /** Whether a descriptor is one. The app's own sockets may have a port like ours. */
  has(fd: number): boolean {
    return (this.isOurs(fd) && isTcpConnection(fd)) || this.#isUnix(fd);
  }

  /** Whether it is a connection to a Unix socket, of which the kernel knows less. */
  isUnix(connection: number): boolean {
    return this.#unixServerOf(connection) !== undefined;
  }

  #isUnix(fd: number): boolean {
    return this.isUnix(fd) && !isListening(fd);
  }

  #unixServerOf(fd: number): number | undefined {
    const path = this.#paths.size === 0 ? undefined : localPath(fd);
    return path === undefined ? undefined : this.#paths.get(path);
  }

  /** Whether a descriptor is one over TCP, if it is known to be a connection. */
  isOurs(connection: number): boolean {
    return this.#serverOf(connection) !== undefined;
  }

  #serverOf(fd: number): number | undefined {
    const local = localAddress(fd);
    return local && this.#isOurPort(local.port) ? serverOf(local, this.#servers) : undefined;
  }

  #isOurPort(port: number): boolean {
    return this.#servers.some(({ local }) => !isUnix(local) && local.port === port);
  }

  /** A connection's name, see `connectionKey`; `undefined` if it has ended. */
  keyOf(fd: number): string | undefined {
    const unix = this.#unixServerOf(fd);
    if (unix !== undefined) return connectionKey(unix, UNIX_CLIENT);
    const server = this.#serverOf(fd);
    const client = peerAddress(fd);
    if (server === undefined || client === undefined) return undefined;
    return connectionKey(server, { address: client.host, port: client.port });
  }

  /** The requests in flight by their connections' names, and none for each WebSocket. */
  doing(): Map<string, readonly InFlightRequest[]> {
    const doing = new Map<string, InFlightRequest[]>();
    for (const key of this.webSockets.connections) doing.set(key, []);
    for (const request of this.inFlight.sweep()) {
      const key = connectionOf(request);
      const others = doing.get(key);
      if (others === undefined) doing.set(key, [request]);
      else others.push(request);
    }
    return doing;
  }

  /** The names of those with a request in flight, and of the WebSockets. */
  busy(): Set<string> {
    return new Set(this.doing().keys());
  }

  /** Those to which Bun has more to write than the kernel takes for now. */
  writing(): Set<number> {
    return this.writingIfKnown() ?? new Set();
  }

  /** The same; undefined where nobody tells. */
  writingIfKnown(): Set<number> | undefined {
    return this.#polls?.writing();
  }

  /** What the event loop waits for, in numbers; undefined where nobody tells. */
  pollCounts(): PollCounts | undefined {
    return this.#polls?.counts();
  }

  /**
   * Ends a connection on which nothing is happening. Over TLS Bun is made to find that the client
   * has ended it, so that Bun says the last word (close_notify): a client that misses it may take
   * the end for an attack.
   */
  end(connection: number): void {
    libc().shutdown(connection, this.isSecure ? SHUT_RD : SHUT_RDWR);
  }

  /** How many are not idle, as far as the kernel and Bun know. */
  get busyCount(): number {
    const [busy, writing] = [this.busy(), this.writing()];
    const isIdle = (fd: number): boolean => {
      const key = this.keyOf(fd);
      return key !== undefined && !busy.has(key) && !writing.has(fd) && isAtRest(fd);
    };
    const { unix = [], tcp = [] } = Object.groupBy(this.all(), (fd) =>
      this.isUnix(fd) ? "unix" : "tcp",
    );
    const onUnix = unix.length === 0 ? 0 : Math.min(unix.length, this.#busyOnUnix());
    return tcp.filter((fd) => !isIdle(fd)).length + onUnix;
  }

  /** How many requests and WebSockets there are on Unix sockets. */
  #busyOnUnix(): number {
    const requests = this.inFlight.sweep().map(connectionOf);
    return [...requests, ...this.webSockets.connections].filter(isOfUnix).length;
  }
}
