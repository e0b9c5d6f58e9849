// The servers of Bun that a worker has, with what only they know of a request: who has sent it, and
// whether it is still in flight.
import { type Address, isUnix } from "../../net/address.ts";
import { type Client, UNIX_CLIENT } from "../requests/client.ts";
import type { InFlight, Liveness, Tracked } from "../requests/in-flight.ts";
import type { Unlisted } from "../requests/unlisted.ts";
import { NodeRequest } from "../requests/node-request.ts";

type BunServer = Bun.Server<unknown>;

interface Served {
  readonly server: BunServer;
  /** The requests that have come to it. */
  readonly inFlight: InFlight;
  /** Undefined: its requests are clients'. */
  readonly unlisted: Unlisted | undefined;
  readonly idleTimeout: number;
}

export class BunServers implements Liveness {
  #named: ((request: Request) => Client | undefined) | undefined;
  readonly #onUnix = new Set<BunServer>();
  #served: readonly Served[] = [];
  /** Whom Bun can ask for the peer of a request, whichever server it came to. */
  #asked: BunServer | undefined;
  /** Bun's own: apps may have another, see `OwnServers.serveForCarry`. */
  #requestIP: BunServer["requestIP"] | undefined;

  add(served: Served, address: Address): void {
    this.#served = [...this.#served, served];
    if (isUnix(address)) this.#onUnix.add(served.server);
    this.#chooseAsked();
  }

  /** It has been stopped, and has no connections. */
  forget(server: BunServer): void {
    this.#served = this.#served.filter((served) => served.server !== server);
    this.#onUnix.delete(server);
    this.#chooseAsked();
  }

  /** A server on a Unix socket knows no peer of any request, those that came by TCP included. */
  #chooseAsked(): void {
    const { all } = this;
    this.#asked = all.findLast((server) => !this.#onUnix.has(server)) ?? all.at(-1);
    const own = this.#asked && (Object.getPrototypeOf(this.#asked) as BunServer);
    this.#requestIP = own?.requestIP;
  }

  /** The oldest first. */
  get all(): BunServer[] {
    return this.#served.map(({ server }) => server);
  }

  /** The oldest one that clients come to. */
  get main(): BunServer | undefined {
    return this.#served.find(({ unlisted }) => unlisted === undefined)?.server;
  }

  get served(): readonly Served[] {
    return this.#served;
  }

  /** Null also for each request on a Unix socket that is not one of node:http. */
  requestIP(request: Tracked): Client | null {
    if (request instanceof NodeRequest) return request.client;
    return this.#requestIP?.call(this.#asked as BunServer, request) ?? null;
  }

  /** Some requests are pounce's own, in the name of clients. */
  noteClients(named: (request: Request) => { readonly client: Client } | undefined): void {
    this.#named = (request) => named(request)?.client;
  }

  /** Where a request in flight comes from. @param server that has got it */
  clientOf(request: Request, server: BunServer): Client | null {
    const named = this.#named?.(request);
    if (named !== undefined) return named;
    return this.#onUnix.has(server) ? UNIX_CLIENT : this.requestIP(request);
  }

  /** See `InFlight.lookUp`. */
  lookUp(): (request: Tracked) => boolean {
    const each = [...new Set(this.#served.map(({ inFlight }) => inFlight))];
    const all = each.map((inFlight) => inFlight.lookUp());
    return (request) => all.some((isInFlight) => isInFlight(request));
  }

  /** What is known of the requests of some servers on Unix sockets: how many there are. */
  unixLiveness(inFlight: () => InFlight): Liveness {
    const pending = (): number => this.#pendingOf(inFlight());
    return {
      get pendingRequests(): number {
        return pending();
      },
    };
  }

  /** What is known of the requests on a port that is not listed, which nobody else counts. */
  unlistedLiveness(inFlight: () => InFlight): Liveness {
    const requestIP = (request: Tracked): Client | null => this.requestIP(request);
    const pending = (): number => this.#pendingOf(inFlight());
    return {
      requestIP,
      get pendingRequests(): number {
        return pending();
      },
    };
  }

  get pendingRequests(): number {
    return this.#pendingOf(undefined);
  }

  /**
   * It is on the request path, and so without a list of its own.
   * @param which undefined: all of clients
   */
  #pendingOf(which: InFlight | undefined): number {
    let pending = 0;
    for (const { server, inFlight, unlisted } of this.#served) {
      const counts = which === undefined ? unlisted === undefined : inFlight === which;
      if (counts) pending += server.pendingRequests;
    }
    return pending;
  }
}
