// Listens with a socket that all workers share, and that the master has sent.
import type { Sharers } from "../../ipc/messages.ts";
import { adoptListener } from "../../net/adopt-listener.ts";
import { type Address, isUnix } from "../../net/address.ts";
import type { Polls } from "../../net/polls.ts";
import { probeVanishedPeers } from "../../net/socket-options.ts";
import type { AppHandlers } from "./app-handlers.ts";
import type { Bound } from "./bound.ts";
import { SharedListener } from "./shared-listener.ts";
import { serveUnseen } from "./unseen-server.ts";

/** A listening socket that all workers share. */
export interface SharedSocket {
  readonly socket: number;
  readonly whose: Sharers;
}

/**
 * Accepts nothing yet. The caller closes its descriptor of the socket. Throws.
 * @param pollsAround what the event loop waits for, given a listener of its
 */
export function bindShared(
  handlers: AppHandlers,
  address: Address,
  { socket, whose }: SharedSocket,
  pollsAround: (listener: number) => Polls,
): Bound {
  const inFlight = handlers.track(address);
  const { server, listener } = serveUnseen(handlers, address, inFlight);
  const polls = pollsAround(listener);
  const accept = adoptListener(polls, listener, socket);
  if (!isUnix(address)) probeVanishedPeers(listener);
  const shared = new SharedListener(listener, address, whose, polls, accept);
  return { server, address, listener, shared, inFlight, released: false };
}
