// The drain of a worker: it goes on serving what it has, asks clients to go elsewhere, and says when
// nothing is left. At the deadline, which the master keeps, what is pending is answered 503 and closed.
import type { Unfinished } from "../core/events.ts";
import { LINGER_MS } from "../core/settings.ts";
import type { ForcedRequest } from "../ipc/messages.ts";
import { peerPort } from "../net/address.ts";
import { libc } from "../net/libc.ts";
import { unreadBytes } from "../net/socket-options.ts";
import type { InFlightRequest } from "./in-flight.ts";
import { unavailable } from "./problem.ts";
import type { Servers } from "./server.ts";

const POLL_MS = 20;
/** A poll takes at most one part in this many of the time: with many connections it comes less often. */
const SHARE_OF_TIME = 20;
/** How long to wait, at the deadline, for a moment in which closing resets nobody. */
const QUIET_MOMENT_MS = 200;
/** From `stop` to closing what is still open. */
const LAST_WRITES_MS = 200;
const SHUT_WR = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;

/**
 * Resolves once no connection is open, none is queued, and the listener has got no new ones for long
 * enough that no handshake is in progress. `hook` is the app's shutdown, awaited as well.
 * `closeIdle()` says whether idle connections are to be closed rather than waited for.
 */
export async function untilIdle(
  servers: Servers,
  hook: Promise<void>,
  closeIdle: () => boolean,
): Promise<void> {
  await Promise.all([hook, Bun.sleep(servers.listeners.length === 0 ? 0 : LINGER_MS)]);
  await untilEmpty(servers, closeIdle);
}

/** Resolves once no connection is open and none is queued. */
export async function untilEmpty(servers: Servers, closeIdle: () => boolean): Promise<void> {
  for (;;) {
    const polledMs = performance.now();
    const connections = servers.connections();
    if (connections.length === 0 && servers.queued === 0) return;
    if (closeIdle() && servers.allReleased && !connections.some((fd) => unreadBytes(fd) > 0)) {
      servers.closeIdle();
    }
    await Bun.sleep(Math.max(POLL_MS, (performance.now() - polledMs) * SHARE_OF_TIME));
  }
}

/** Lets go of a listener once its queue is empty; somebody else sees to it that nothing new comes. */
export async function releaseWhenServed(servers: Servers, address: string): Promise<void> {
  while (servers.queued > 0) await Bun.sleep(1);
  servers.release(address);
}

/** What is still going on. */
export function unfinished(servers: Servers): Unfinished {
  const inFlight = servers.inFlight.sweep();
  const connections = servers.connectionCount;
  const oldest = inFlight.reduce<InFlightRequest | undefined>(
    (found, request) => (found === undefined || request.sinceMs < found.sinceMs ? request : found),
    undefined,
  );
  if (oldest === undefined) return { connections, inFlight: inFlight.length, oldest };
  const { method, path, age_ms: ageMs } = describe(oldest);
  return { connections, inFlight: inFlight.length, oldest: { method, path, ageMs } };
}

/** The requests that are in flight, to be named when they are ended by force. */
export function forcedRequests(servers: Servers): ForcedRequest[] {
  return servers.inFlight.sweep().map((request) => describe(request));
}

function describe({ request, sinceMs }: InFlightRequest): ForcedRequest {
  return {
    method: request.method,
    path: new URL(request.url, "http://localhost").pathname,
    age_ms: Math.round(performance.now() - sinceMs),
  };
}

/** Ends everything in as good an order as there is when the time is up. */
export async function force(servers: Servers): Promise<void> {
  servers.refuseRequests();
  answerPending(servers);
  await quietMoment(servers);
  servers.stop(false);
  await Bun.sleep(LAST_WRITES_MS);
  servers.stop(true);
}

/**
 * Answers 503 to each request whose handler has not answered. Bun holds the promise and writes nothing
 * before it settles, so the answer can be written past it, on the connection itself.
 */
function answerPending(servers: Servers): void {
  const pending = servers.inFlight
    .sweep()
    .filter(({ result }) => result instanceof Promise && Bun.peek.status(result) === "pending");
  if (pending.length === 0) return;
  for (const { request, sinceMs } of pending) servers.noteUnavailable(request, sinceMs);
  const ports = new Set(pending.map(({ port }) => port));
  const answer = unavailable();
  for (const connection of servers.connections()) {
    const port = peerPort(connection);
    if (port === undefined || !ports.has(port)) continue;
    const length = BigInt(answer.length);
    libc().send(connection, answer, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    libc().shutdown(connection, SHUT_WR);
  }
}

/** Waits for a moment in which no connection has unread bytes and none is queued, within a bound. */
async function quietMoment(servers: Servers): Promise<void> {
  const untilMs = performance.now() + QUIET_MOMENT_MS;
  while (performance.now() < untilMs) {
    const unread = servers.connections().some((connection) => unreadBytes(connection) > 0);
    if (!unread && servers.queued === 0) return;
    await Bun.sleep(5);
  }
}
