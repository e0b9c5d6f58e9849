// One connection as the kernel sees it: which request it belongs to, and whether anything is
// happening on it.
//
// Bun knows who sent a request, and the kernel knows the same about a descriptor. A client's port
// alone is not enough: at times two clients have the same one, and one client has it on two of our
// addresses.
import { type Address, isUnix, plain, type TcpAddress } from "../../net/address.ts";
import { unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import { type Traffic, trafficOf } from "../../net/tcp-info.ts";
import { type Client, UNIX_CLIENT } from "../requests/client.ts";
import type { InFlightRequest } from "../requests/in-flight.ts";

/**
 * Names a connection: the same from what Bun says as from what the kernel says. Two connections
 * share a name only if a client has the same port on two addresses of one server that listens on
 * all (`0.0.0.0`, `::`), or both are connections to one Unix socket: those have no names.
 * @param server the number of the server that has it, see `InFlight.server`
 */
export function connectionKey(server: number, { address, port }: Client): string {
  if (address === UNIX_CLIENT.address) return `${server} ${address}`;
  const client = plain({ host: address, port });
  return `${server} ${client.host} ${client.port}`;
}

/** The name of the connection that a request came on. */
export function connectionOf(inFlight: InFlightRequest): string {
  inFlight.connection ??= connectionKey(inFlight.server, inFlight.client);
  return inFlight.connection;
}

/** Whether that is the name of all connections to a Unix socket. */
export function isOfUnix(key: string): boolean {
  return key.endsWith(` ${UNIX_CLIENT.address}`);
}

/** Where a server listens, in the form of `plain`. */
export interface Listening {
  readonly local: Address;
  readonly number: number;
}

/**
 * The server that a connection to `local` belongs to: the one on exactly this address, else one on
 * all addresses of its family, else one on all there are. The kernel chooses in the same way.
 */
export function serverOf(local: TcpAddress, servers: readonly Listening[]): number | undefined {
  const isV4 = !local.host.includes(":");
  const hosts = isV4 ? [local.host, ANY_IPV4, ANY_IPV6] : [local.host, ANY_IPV6];
  for (const host of hosts) {
    const found = servers.find(
      (server) =>
        !isUnix(server.local) && server.local.port === local.port && server.local.host === host,
    );
    if (found !== undefined) return found.number;
  }
  return undefined;
}

const ANY_IPV4 = "0.0.0.0";
const ANY_IPV6 = plain({ host: "::", port: 0 }).host;

/**
 * Whether the last data on a connection was ours, as after an answer. If both came in the same
 * tick: yes.
 */
export function isAnswered({ hasReceived, hasSent, ...traffic }: Traffic): boolean {
  return hasReceived && hasSent && traffic.sinceReceivedMs >= traffic.sinceSentMs;
}

/**
 * Whether, as far as the kernel knows, nothing is happening on a connection: nothing is unread, all
 * that was sent has been acknowledged, and no request has started since the last answer. The kernel
 * does not know about a request that waits for the rest of its answer, a quiet stream, or a
 * WebSocket.
 */
export function isAtRest(fd: number): boolean {
  const traffic = trafficOf(fd);
  if (traffic === undefined || unreadBytes(fd) > 0 || unsentBytes(fd) > 0) return false;
  return !traffic.hasReceived || isAnswered(traffic);
}
