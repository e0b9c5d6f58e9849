// Servers of Bun that no client connects to, but pounce itself: to warm up, for the operator's
// command, and to ask the app for WebSockets that move here. The app's handlers answer there, see
// ../requests/unlisted.ts.
import type { Address } from "../../net/address.ts";
import type { ServedTls } from "../../tls/served.ts";
import { stopServer } from "../app/app-server.ts";
import type { AppFault } from "../handle/app-errors.ts";
import type { Layer } from "../http/layer.ts";
import { showPlace } from "../http/place.ts";
import type { Asked, AskedBy } from "../movable/asked.ts";
import type { Client } from "../requests/client.ts";
import type { Liveness, Tracked } from "../requests/in-flight.ts";
import { Unlisted, type UnlistedPort } from "../requests/unlisted.ts";
import type { WebSockets } from "../connections/websockets.ts";
import type { Listening } from "../node/node-handler.ts";
import type { RequestLayer } from "../requests/request-layer.ts";
import type { BunServers } from "./bun-servers.ts";

type BunServer = Bun.Server<unknown>;

const LOOPBACK = { host: "127.0.0.1", port: 0 };

/** What they have in common with the servers of clients, see `AppHandlers`. */
export interface Shared {
  readonly servers: BunServers;
  readonly webSockets: WebSockets;
  readonly layers: readonly Layer[];
  readonly requestLayer: RequestLayer | undefined;
  readonly tls: ServedTls | undefined;
  /** Throws. */
  readonly serve: (address: Address, listening: Listening) => BunServer;
}

export class OwnServers {
  /** Who hears of faults there, where that is not the log. */
  readonly #onFault = new Map<Unlisted, (fault: AppFault) => void>();

  /** @param onEnded a request has ended */
  constructor(
    readonly shared: Shared,
    readonly onEnded: (request: Tracked) => void,
  ) {}

  /**
   * Serves on a port of 127.0.0.1. Throws.
   * @param shown where apps see it, and requests without `Host`: the server's own address
   * @param tls undefined: without TLS, though the server may have it
   * @param onFault gets what the app does wrong with requests there; left out: the log does
   */
  serveOnPort(shown: Address, tls?: ServedTls, onFault?: (fault: AppFault) => void): UnlistedPort {
    const { shared } = this;
    const { servers } = shared;
    const liveness = servers.unlistedLiveness(() => unlisted.inFlight);
    const unlisted: Unlisted = this.#unlisted(liveness);
    const { inFlight } = unlisted;
    if (onFault !== undefined) this.#onFault.set(unlisted, onFault);
    // Whoever asks here may take as long as the app does.
    const idleTimeout = servers.served[0]?.idleTimeout ?? 0;
    const listening = { reusePort: false, idleTimeout, inFlight, unlisted, tls };
    const server = shared.serve(LOOPBACK, listening);
    shared.webSockets.watch(server, inFlight.server);
    const { port = 0 } = server;
    showPlace(server, shown, shared.tls !== undefined);
    const close = (): void => {
      stopServer(server, true);
      inFlight.sweep();
      this.#onFault.delete(unlisted);
      servers.forget(server);
    };
    return { port, close };
  }

  /**
   * Serves what the app is asked for WebSockets, see ../carry/carry-server.ts. Throws.
   * @param layer sees a request before all others
   * @param askedFor which connection a request asks for
   * @param askedBy the same for programs on node:http, which no layer is for
   */
  serveForCarry(
    address: Address,
    layer: Layer,
    askedFor: (request: Request) => Asked | undefined,
    askedBy: AskedBy,
  ): BunServer {
    const { servers, webSockets } = this.shared;
    const liveness = servers.unixLiveness(() => unlisted.inFlight);
    const unlisted: Unlisted = this.#unlisted(liveness);
    unlisted.layers.push(layer);
    const { inFlight } = unlisted;
    const fixed = { reusePort: false, idleTimeout: 0, tls: undefined };
    const server = this.shared.serve(address, { ...fixed, inFlight, unlisted, askedBy });
    webSockets.watch(server, inFlight.server, null, askedFor);
    for (const one of servers.all) {
      const own = one.requestIP.bind(one);
      const value = (request: Request): Client | null => {
        const client = askedFor(request)?.client;
        return client === undefined ? own(request) : asBunReports(client);
      };
      Object.defineProperty(one, "requestIP", { configurable: true, value });
    }
    servers.noteClients(askedFor);
    webSockets.spreadOver(() => servers.all);
    return server;
  }

  #unlisted(liveness: Liveness): Unlisted {
    const { layers, requestLayer } = this.shared;
    return new Unlisted({ liveness, onEnded: this.onEnded, layers, requestLayer });
  }

  /** Whether somebody wants to hear of it in place of the log. */
  tell(fault: AppFault): boolean {
    const { request } = fault;
    if (request === undefined) return false;
    for (const [unlisted, onFault] of this.#onFault) {
      if (!unlisted.has(request)) continue;
      onFault(fault);
      return true;
    }
    return false;
  }
}

function asBunReports(client: Client): Bun.SocketAddress {
  return { ...client, family: client.address.includes(":") ? "IPv6" : "IPv4" };
}
