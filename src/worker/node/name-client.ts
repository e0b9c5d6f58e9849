// A request of pounce's own to a program on node:http, in the name of a client: the program finds
// the client's address on the connection, and nothing of ours in the headers.
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { CARRY_HEADER } from "../movable/handshake-request.ts";
import type { Client } from "../requests/client.ts";
import { NodeHeaders } from "../requests/node-headers.ts";

export function nameClient(incoming: IncomingMessage, { address, port }: Client): void {
  new NodeHeaders(incoming).remove(CARRY_HEADER);
  const family = isIPv6(address) ? "IPv6" : "IPv4";
  const shown = { remoteAddress: address, remotePort: port, remoteFamily: family };
  for (const [name, value] of Object.entries(shown)) {
    Object.defineProperty(incoming.socket, name, { configurable: true, writable: true, value });
  }
}
