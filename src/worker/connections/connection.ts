// One connection as the kernel sees it: whose it is, and whether anything is going on on it.
//
// Bun tells of a request who has sent it, the kernel tells the same of a descriptor. A client's
// port alone is not enough: two clients have the same one at times, and one client has it on two of
// our addresses.
import { type Address, plain } from "../../net/address.ts";
import { unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import { type Traffic, trafficOf } from "../../net/tcp-info.ts";
import type { Client, InFlightRequest } from "../requests/in-flight.ts";

/**
 * Names a connection: the same for what Bun and what the kernel tell of it. Two connections share a
 * name only if a client has the same port on two addresses of one server that listens on all
 * (`0.0.0.0`, `::`).
 *
 * @param server the number of the server that has it, see `InFlight.server`
 */
export function connectionKey(server: number, { address, port }: Client): string {
  const client = plain({ host: address, port });
  return `${server} ${client.host} ${client.port}`;
}

/** The name of the connection that a request has come on. */
export function connectionOf(inFlight: InFlightRequest): string {
  inFlight.connection ??= connectionKey(inFlight.server, inFlight.client);
  return inFlight.connection;
}

/** Where a server listens, in the form of `plain`. */
export interface Listening {
  readonly local: Address;
  readonly number: number;
}

/**
 * The server that a connection to `local` belongs to: the one on just this address, else one that
 * listens on all of its family, else one on all there are. Just as the kernel chooses.
 */
export function serverOf(local: Address, servers: readonly Listening[]): number | undefined {
  const isV4 = !local.host.includes(":");
  const hosts = isV4 ? [local.host, ANY_IPV4, ANY_IPV6] : [local.host, ANY_IPV6];
  for (const host of hosts) {
    const found = servers.find(
      (server) => server.local.port === local.port && server.local.host === host,
    );
    if (found !== undefined) return found.number;
  }
  return undefined;
}

const ANY_IPV4 = "0.0.0.0";
const ANY_IPV6 = plain({ host: "::", port: 0 }).host;

/**
 * Whether the last that went over a connection was ours, as after an answer. In the same tick: it
 * was.
 */
export function isAnswered({ hasReceived, hasSent, ...traffic }: Traffic): boolean {
  return hasReceived && hasSent && traffic.sinceReceivedMs >= traffic.sinceSentMs;
}

/**
 * Whether nothing that the kernel knows of is going on on a connection: nothing is unread, all that
 * was sent has been acknowledged, and no request has begun since the last answer. Not known here: a
 * request that waits for its answer after an earlier part of it, a quiet stream, a WebSocket.
 */
export function isAtRest(fd: number): boolean {
  const traffic = trafficOf(fd);
  if (traffic === undefined || unreadBytes(fd) > 0 || unsentBytes(fd) > 0) return false;
  return !traffic.hasReceived || isAnswered(traffic);
}
