// Closes connections that have been idle for the keep-alive limit, without ever holding up
// requests.
//
// The kernel knows when data last went either way on each connection, and what of it has not
// arrived; in-flight.ts knows which connections have a request. So an idle connection is closed on
// time, and no other ever is: a client may pause a download for as long as it likes, one that Bun
// serves by itself too. A connection is looked at again when it can have become idle at the
// earliest, and of many only some in each turn of the event loop: 10,000 connections looked at in
// one go would stop the worker for 50 ms.
import { SHUT_RDWR } from "../../os/constants.ts";
import { libc } from "../../os/libc.ts";
import { unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import { type Traffic, trafficOf } from "../../net/tcp-info.ts";
import { isAnswered } from "../connections/connection.ts";
import type { Connections } from "../connections/connections.ts";

/** For a request's head: what Bun gives the first one on a connection. */
const HEAD_TIMEOUT_MS = 12_000;
/** Connections looked at in one turn of the event loop, which takes about a millisecond. */
const SLICE = 200;

/**
 * How long, in milliseconds, until a connection without a request in flight has been quiet for too
 * long if nothing more happens on it; 0 or less: it has. One that has sent part of a request, or
 * has not sent its first yet, has the time that a request's head may take.
 */
export function idleInMs(limitMs: number, traffic: Traffic): number {
  const limit = isAnswered(traffic) ? limitMs : Math.max(limitMs, HEAD_TIMEOUT_MS);
  return limit - Math.min(traffic.sinceSentMs, traffic.sinceReceivedMs);
}

export class IdleConnections {
  /** When each connection is to be looked at, in milliseconds of `performance.now()`. */
  #lookMs = new Map<number, number>();

  /** @param limitMs the keep-alive limit */
  constructor(
    readonly open: Connections,
    readonly limitMs: number,
  ) {}

  /** How many connections there were at the last sweep. */
  get connections(): number {
    return this.#lookMs.size;
  }

  /** Closes what is idle. Resolves with the milliseconds that it took of the worker's time. */
  async sweep(): Promise<number> {
    const startedMs = performance.now();
    const busy = this.open.busy();
    this.#list(startedMs);
    const due = [...this.#lookMs].filter(([, lookMs]) => lookMs <= startedMs);
    let tookMs = performance.now() - startedMs;
    for (let from = 0; from < due.length; from += SLICE) {
      if (from > 0) await new Promise(setImmediate);
      const sliceMs = performance.now();
      // What has come since `busy` was found is younger than that.
      const limitMs = Math.max(this.limitMs, sliceMs - startedMs + 1);
      for (const [connection] of due.slice(from, from + SLICE)) {
        this.#look(connection, limitMs, busy, sliceMs);
      }
      tookMs += performance.now() - sliceMs;
    }
    return tookMs;
  }

  /** Finds connections that are new, and forgets those that are gone. */
  #list(nowMs: number): void {
    const known = this.#lookMs;
    // Few are found out anew: a number may be another socket's by now.
    const isMany = known.size > SLICE;
    const connections = this.open.all((fd) => isMany && known.has(fd));
    this.#lookMs = new Map(connections.map((fd) => [fd, known.get(fd) ?? nowMs]));
  }

  /** Looks at one connection, if it still is one, and closes it when it is idle. */
  #look(fd: number, limitMs: number, busy: ReadonlySet<string>, nowMs: number): void {
    const traffic = trafficOf(fd);
    // The number may be another socket's by now, the app's own for instance.
    if (traffic === undefined || !this.open.has(fd)) return void this.#lookMs.delete(fd);
    const leftMs = idleInMs(limitMs, traffic);
    if (leftMs > 0) {
      // Should more happen on it, then it is not idle before the limit has passed from there on.
      this.#lookMs.set(fd, nowMs + Math.min(leftMs, limitMs));
    } else if (unsentBytes(fd) > 0 || this.#isBusy(fd, busy)) {
      // The end of what keeps it busy sends something, or ends the connection.
      this.#lookMs.set(fd, nowMs + limitMs);
    } else if (unreadBytes(fd) === 0) {
      libc().shutdown(fd, SHUT_RDWR);
      this.#lookMs.delete(fd);
    }
  }

  #isBusy(fd: number, busy: ReadonlySet<string>): boolean {
    const key = this.open.keyOf(fd);
    return key === undefined || busy.has(key);
  }
}
