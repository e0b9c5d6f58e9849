// The servers of Bun that a worker has, with what only they know of a request: who has sent it, and
// whether it is still in flight.
import { type Address, isUnix } from "../../net/address.ts";
import { type Client, UNIX_CLIENT } from "../requests/client.ts";
import type { InFlight, Liveness, Tracked } from "../requests/in-flight.ts";
import type { Unlisted } from "../requests/unlisted.ts";
import { NodeRequest } from "../requests/node-request.ts";
import { UnixRequests } from "../requests/unix-requests.ts";

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
  /** Requests on Unix sockets. */
  readonly unix = new UnixRequests();
  #served: readonly Served[] = [];
  /** Whom Bun can ask for the peer of a request, whichever server it came to. */
  #asked: BunServer | undefined;

  add(served: Served, address: Address): void {
    this.#served = [...this.#served, served];
    if (isUnix(address)) this.unix.add(served.server);
    this.#chooseAsked();
  }

  /** It has been stopped, and has no connections. */
  forget(server: BunServer): void {
    this.#served = this.#served.filter((served) => served.server !== server);
    this.#chooseAsked();
  }

  /** A server on a Unix socket knows no peer of any request, those that came by TCP included. */
  #chooseAsked(): void {
    const { all } = this;
    this.#asked = all.findLast((server) => !this.unix.isOn(server)) ?? all.at(-1);
  }

  /** The oldest first. */
  get all(): BunServer[] {
    return this.#served.map(({ server }) => server);
  }

  get served(): readonly Served[] {
    return this.#served;
  }

  requestIP(request: Tracked): Client | null {
    if (request instanceof NodeRequest) return request.client;
    if (this.unix.has(request)) return UNIX_CLIENT;
    return this.#asked?.requestIP(request) ?? null;
  }

  get pendingRequests(): number {
    return this.#served.reduce((sum, { server }) => sum + server.pendingRequests, 0);
  }
}
