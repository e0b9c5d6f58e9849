// Closes connections that have been idle for the keep-alive limit.
//
// Bun's own idle timer ends slow handlers and quiet streams too, and ticks only every four seconds.
// The kernel knows when data last went either way on each connection, and in-flight.ts knows which
// connections have a request: so an idle connection is closed on time, and no other ever is.
import { peerPort } from "../net/address.ts";
import { releaseCodePages } from "../net/code-pages.ts";
import { libc } from "../net/libc.ts";
import { openDescriptors } from "../net/listeners.ts";
import { unreadBytes } from "../net/socket-options.ts";
import { type Quiet, quietOf } from "../net/tcp-info.ts";
import { BusyTime } from "./busy-time.ts";
import type { Meter } from "./meter.ts";
import type { Servers } from "./server.ts";

const INTERVAL_MS = 1000;
/** At most one part in this many of a worker's time goes into sweeps. */
const SHARE_OF_TIME = 100;
/** For a request's head: what Bun gives the first one on a connection. */
const HEAD_TIMEOUT_MS = 12_000;
const SHUT_RDWR = 2;

/**
 * Whether a connection without a request in flight has been quiet for too long. One that has sent
 * part of a request, or has not sent its first yet, has the time that a request's head may take.
 */
export function isIdleFor(limitMs: number, quiet: Quiet): boolean {
  const { hasReceived, sinceSentMs, sinceReceivedMs } = quiet;
  const answered = hasReceived && sinceReceivedMs >= sinceSentMs;
  const limit = answered ? limitMs : Math.max(limitMs, HEAD_TIMEOUT_MS);
  return Math.min(sinceSentMs, sinceReceivedMs) >= limit;
}

/**
 * Sweeps for as long as the process lives, beginning before the first connection. Each time the meter notes
 * how the worker does, and memory is given back when a busy time is over.
 *
 * @param limitMs the keep-alive limit
 */
export function keepAlive(servers: Servers, meter: Meter, limitMs: number): void {
  const busyTime = new BusyTime();
  let connections = 0;
  let requests = servers.inFlight.total;
  let descriptors = openDescriptors();
  const sweepAndWait = (dueMs: number): void => {
    const startedMs = performance.now();
    const before = { requests, descriptors };
    requests = servers.inFlight.total;
    descriptors = openDescriptors();
    const isAsBefore = requests === before.requests && descriptors === before.descriptors;
    // A worker without work does nothing here: the code that it does not run takes no memory.
    if (connections > 0 || !isAsBefore || descriptors === undefined) {
      connections = sweep(servers, limitMs);
    }
    if (busyTime.isOverAfter(requests - before.requests)) releaseCodePages();
    meter.tick({ inFlight: servers.pendingRequests, connections, lagMs: startedMs - dueMs });
    const tookMs = performance.now() - startedMs;
    wait(Math.max(INTERVAL_MS, tookMs * SHARE_OF_TIME));
  };
  const wait = (ms: number): void => {
    const dueMs = performance.now() + ms;
    setTimeout(() => sweepAndWait(dueMs), ms).unref();
  };
  wait(INTERVAL_MS);
}

/** Returns how many connections there are. */
function sweep(servers: Servers, limitMs: number): number {
  const inFlight = servers.inFlight.sweep();
  const connections = servers.connections();
  servers.webSockets.forgetExcept(connections);
  const idle = connections.filter((connection) => {
    const quiet = quietOf(connection);
    return quiet !== undefined && isIdleFor(limitMs, quiet);
  });
  if (idle.length === 0) return connections.length;
  const busy = new Set(servers.webSockets.ports);
  for (const { port } of inFlight) busy.add(port);
  for (const connection of idle) {
    const port = peerPort(connection);
    if (port === undefined || busy.has(port) || unreadBytes(connection) > 0) continue;
    libc().shutdown(connection, SHUT_RDWR);
  }
  return connections.length;
}
