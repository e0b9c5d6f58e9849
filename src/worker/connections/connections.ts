// The accepted connections of a worker: all of them, which client each belongs to, and which are
// idle.
import { type Address, boundSockets, localAddress, peerAddress } from "../../net/address.ts";
import { descriptors } from "../../os/open-descriptors.ts";
import type { Polls } from "../../net/polls.ts";
import { isTcpConnection } from "../../net/tcp-info.ts";
import { connectionKey, connectionOf, isAtRest, type Listening, serverOf } from "./connection.ts";
import type { AllInFlight } from "../requests/in-flight.ts";
import type { WebSockets } from "./websockets.ts";

export class Connections {
  readonly #servers: Listening[] = [];
  /** What the event loop waits for, where that is known. */
  #polls: Polls | undefined;

  constructor(
    readonly inFlight: AllInFlight,
    readonly webSockets: WebSockets,
  ) {}

  /** Adds one more server that listens. @param number see `InFlight.server` */
  add(local: Address, number: number, polls: Polls | undefined): void {
    this.#servers.push({ local, number });
    this.#polls ??= polls;
  }

  /** All of them, by descriptor. @param isKnown says which ones need not be checked */
  all(isKnown?: (fd: number) => boolean): number[] {
    if (this.#servers.length === 0) return [];
    const open = descriptors();
    const known = isKnown === undefined ? [] : open.filter(isKnown);
    const others = isKnown === undefined ? open : open.filter((fd) => !isKnown(fd));
    const bound = boundSockets(others).filter(({ port }) => this.#isOurs(port));
    return [...known, ...bound.map(({ fd }) => fd).filter((fd) => this.has(fd))];
  }

  /** Whether a descriptor is one. The app's own sockets may have a port like ours. */
  has(fd: number): boolean {
    return this.#serverOf(fd) !== undefined && isTcpConnection(fd);
  }

  #serverOf(fd: number): number | undefined {
    const local = localAddress(fd);
    return local && this.#isOurs(local.port) ? serverOf(local, this.#servers) : undefined;
  }

  #isOurs(port: number): boolean {
    return this.#servers.some(({ local }) => local.port === port);
  }

  /** A connection's name, see `connectionKey`; `undefined` if it has ended. */
  keyOf(fd: number): string | undefined {
    const server = this.#serverOf(fd);
    const client = peerAddress(fd);
    if (server === undefined || client === undefined) return undefined;
    return connectionKey(server, { address: client.host, port: client.port });
  }

  /** The names of those with a request in flight, and of the WebSockets. */
  busy(): Set<string> {
    const busy = new Set(this.webSockets.connections);
    for (const request of this.inFlight.sweep()) busy.add(connectionOf(request));
    return busy;
  }

  /** Those to which Bun has more to write than the kernel takes for now. */
  writing(): Set<number> {
    return this.#polls?.writing() ?? new Set();
  }

  /** How many are not idle, as far as the kernel and Bun know. */
  get busyCount(): number {
    const [busy, writing] = [this.busy(), this.writing()];
    const isIdle = (fd: number): boolean => {
      const key = this.keyOf(fd);
      return key !== undefined && !busy.has(key) && !writing.has(fd) && isAtRest(fd);
    };
    return this.all().filter((fd) => !isIdle(fd)).length;
  }
}
