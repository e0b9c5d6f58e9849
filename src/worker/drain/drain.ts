// The drain of a worker: it keeps serving what it has, sends clients elsewhere, and says when
// nothing is left. The master keeps the deadline; what happens then is in force.ts.
import { LINGER_MS } from "../../core/settings.ts";
import { unreadBytes } from "../../net/socket-options.ts";
import type { Servers } from "../serve/servers.ts";
import type { SharedServers } from "../serve/shared-servers.ts";
import { Trouble, until } from "../trouble.ts";
import type { Draining } from "./draining.ts";
import { Http2Drain } from "./http2-drain.ts";
import { pauseMs } from "./pause.ts";
import { SilentWebSockets } from "./silent-websockets.ts";

/**
 * Resolves once no connection is open, none is queued, and the listener has got no new ones for
 * long enough that no handshake can be in progress. The queue of a shared listening socket is the
 * master's: there the master has said that this worker is to accept no more. `hook` is the app's
 * shutdown, which is awaited too.
 */
export async function untilIdle(
  servers: SharedServers,
  hook: Promise<void>,
  drain: Draining,
): Promise<void> {
  const http2 = servers.handlers.hasHttp2 ? new Http2Drain(servers, drain) : undefined;
  waiting(servers, "ending deferred accept").survive(() => servers.acceptAtOnce());
  await Promise.all([hook, Bun.sleep(servers.isShared ? 0 : LINGER_MS)]);
  const isOver = (): boolean => !servers.acceptsShared;
  await untilEmpty(servers, { closesIdle: drain.closesIdle, isOver, http2 });
}

interface UntilEmpty {
  readonly closesIdle: () => boolean;
  /** No new ones are to come; left out: they are not. */
  readonly isOver?: () => boolean;
  /** Sends clients of HTTP/2 away; left out: there are none, or they have been sent away. */
  readonly http2?: Http2Drain | undefined;
}

/** Resolves once no connection is open and none is queued. */
export async function untilEmpty(
  servers: SharedServers,
  { closesIdle, isOver = () => true, http2 }: UntilEmpty,
): Promise<void> {
  const { connections, handlers } = servers;
  const silent = new SilentWebSockets(connections);
  const beganMs = performance.now();
  const isEmpty = (): boolean => {
    if (isOver() && !connections.any && servers.queued === 0) return true;
    silent.end();
    http2?.look();
    if (closesIdle() && servers.allReleased) closeIdleNow(servers);
    return false;
  };
  await until(waiting(servers, "looking for open connections"), isEmpty, (tookMs) => {
    const load = handlers.servers.pendingRequests > 0 ? "busy" : "idle";
    return pauseMs(tookMs, performance.now() - beganMs, load);
  });
}

/** Closes idle connections, if no request waits to be read: that would reset its client. */
export function closeIdleNow(servers: SharedServers): void {
  const isUnread = servers.connections.all().some((fd) => unreadBytes(fd) > 0);
  if (!isUnread) servers.closeIdle();
}

/** Releases a listener once its queue is empty; the master makes sure that nothing new comes. */
export async function releaseWhenServed(servers: SharedServers, address: string): Promise<void> {
  const trouble = waiting(servers, `closing the listener on ${address}`);
  await until(
    trouble,
    () => servers.queued === 0,
    () => 1,
  );
  await servers.release(address);
}

/** @param what is found out or done, as the subject of "failed" */
export function waiting({ handlers }: Servers, what: string): Trouble {
  return new Trouble(
    handlers.options.onTrouble,
    "drain-hindered",
    `while the worker was draining, ${what}`,
  );
}
