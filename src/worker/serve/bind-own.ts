// Listens with a socket of this worker's own, beside those of others on the same address: the
// kernel gives each connection to one of them.
import type { TcpAddress } from "../../net/address.ts";
import { findListener, listenersNow } from "../../net/listeners.ts";
import { acceptAtOnce, probeVanishedPeers } from "../../net/socket-options.ts";
import type { AppHandlers } from "./app-handlers.ts";
import { type Bound, NO_IDLE_TIMEOUT } from "./bound.ts";

/** Accepts at once. Throws. */
export function bindOwn(
  handlers: AppHandlers,
  { host, port }: TcpAddress,
): Bound & { readonly address: TcpAddress } {
  const inFlight = handlers.track({ host, port });
  const known = listenersNow();
  const listening = { reusePort: true, idleTimeout: NO_IDLE_TIMEOUT, inFlight };
  const server = handlers.serve({ host, port }, listening);
  handlers.webSockets.watch(server, inFlight.server);
  const address = { host, port: server.port ?? port };
  const listener = findListener(address.port, known);
  acceptAtOnce(listener);
  probeVanishedPeers(listener);
  return { server, address, listener, shared: undefined, inFlight, released: false };
}
