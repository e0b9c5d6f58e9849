// A server of Bun that listens where nobody comes, until another listening socket takes the place
// of its own: one of the master, or that of the server before it.
import { type Address, isUnix } from "../../net/address.ts";
import { findNewListener, listenersNow } from "../../net/listeners.ts";
import { stopServer } from "../app/app-server.ts";
import { unseenPlace } from "../http/place.ts";
import { UNIX_CLIENT } from "../requests/client.ts";
import type { InFlight } from "../requests/in-flight.ts";
import type { AppHandlers } from "./app-handlers.ts";
import { NO_IDLE_TIMEOUT } from "./bound.ts";

export interface UnseenServer {
  readonly server: Bun.Server<unknown>;
  readonly listener: number;
}

/** @param address where it will be reached. Throws: then nothing is left of it. */
export function serveUnseen(
  handlers: AppHandlers,
  address: Address,
  inFlight: InFlight,
): UnseenServer {
  const known = listenersNow();
  const server = handlers.serve(address, {
    unseen: unseenPlace(address),
    reusePort: false,
    idleTimeout: NO_IDLE_TIMEOUT,
    inFlight,
  });
  try {
    const nobody = isUnix(address) ? UNIX_CLIENT : null;
    handlers.webSockets.watch(server, inFlight.server, nobody);
    return { server, listener: findNewListener(known) };
  } catch (error) {
    endUnseen(handlers, server);
    throw error;
  }
}

/** Nobody needs it after all. */
export function endUnseen(handlers: AppHandlers, server: Bun.Server<unknown>): void {
  stopServer(server, true);
  handlers.servers.forget(server);
}
