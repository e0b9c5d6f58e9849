// Closes connections that have been idle for the keep-alive limit, without ever delaying requests.
//
// The kernel knows when data last went either way on each connection, and how much of it has not
// arrived; in-flight.ts knows which connections have a request. So an idle connection is closed on
// time, and no other ever is: a client may pause a download for as long as it likes, even one that
// Bun serves by itself. A connection is checked again at the earliest time when it can have become
// idle, and if there are many, each turn of the event loop checks only some: checking 10,000
// connections at once would stop the worker for 50 ms.
import { unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import { type Traffic, trafficOf } from "../../net/tcp-info.ts";
import { isAnswered } from "../connections/connection.ts";
import type { Connections } from "../connections/connections.ts";

/** For a request's head: the time that Bun gives the first one on a connection. */
const HEAD_TIMEOUT_MS = 12_000;
/** How many connections one turn of the event loop checks, which takes about a millisecond. */
const SLICE = 200;
/**
 * How long one may be unknown that has come just when another went, and has asked nothing, or only
 * what Bun serves by itself. If the limit is shorter: so long, to be in time.
 */
const LIST_EACH_MS = 10_000;

/**
 * Whoever has sent more over TLS has sent more than a handshake: the largest greetings of browsers
 * have some 1,900 bytes, and the end of a handshake 80.
 */
const GREETING_BYTES = 2048;

/** When to look at those that should go at once: one may just be getting an answer. */
const AT_ONCE_MS = [0, 20, 60];

/**
 * Closes what is idle now, however long it has been: whoever has saved a file and asks again wants
 * the new version, and a browser asks on the connection that it has.
 */
export async function closeIdleAtOnce(open: Connections): Promise<void> {
  const idle = new IdleConnections(open, 0);
  for (const waitMs of AT_ONCE_MS) {
    await Bun.sleep(waitMs);
    await idle.sweep(false);
  }
}

/**
 * How many milliseconds until a connection without a request in flight has been quiet for too long,
 * if nothing more happens on it; 0 or less: it already has. A connection that has sent a part of a
 * request, or has not sent its first yet, gets the time limit for a request's head.
 * @param mayGreet what it has sent may be a TLS handshake, or a part of one, and no request
 */
export function idleInMs(limitMs: number, traffic: Traffic, mayGreet = false): number {
  const limit = isAnswered(traffic) && !mayGreet ? limitMs : Math.max(limitMs, HEAD_TIMEOUT_MS);
  return limit - Math.min(traffic.sinceSentMs, traffic.sinceReceivedMs);
}

export class IdleConnections {
  /** When to check each connection, in milliseconds of `performance.now()`. */
  #lookMs = new Map<number, number>();
  /** When to list the connections again, even if none seems to have come. */
  #listMs = 0;
  /** How many the latest list had. */
  #listed = 0;

  /** @param limitMs the keep-alive limit */
  constructor(
    readonly open: Connections,
    readonly limitMs: number,
  ) {}

  /** How many connections there were at the last sweep. */
  get connections(): number {
    return this.#lookMs.size;
  }

  /**
   * Whether there may be anything to close. That all known ones are gone does not say so: others
   * may have come in their place. @param isAsBefore as for `sweep`
   */
  isDue(isAsBefore: boolean): boolean {
    return !isAsBefore || this.#listed > 0;
  }

  /**
   * Closes what is idle. Resolves with the milliseconds of the worker's time that it took.
   * @param isAsBefore no request and no descriptor seems to have come or gone since the last one
   */
  async sweep(isAsBefore: boolean): Promise<number> {
    const startedMs = performance.now();
    if (!isAsBefore) this.#listMs = startedMs;
    const busy = this.open.busy();
    if (startedMs >= this.#listMs) this.#list(startedMs);
    const due: number[] = [];
    for (const [fd, lookMs] of this.#lookMs) if (lookMs <= startedMs) due.push(fd);
    let tookMs = performance.now() - startedMs;
    for (let from = 0; from < due.length; from += SLICE) {
      if (from > 0) await new Promise(setImmediate);
      const sliceMs = performance.now();
      // What has come since `busy` was computed is younger than that.
      const limitMs = Math.max(this.limitMs, sliceMs - startedMs + 1);
      for (const fd of due.slice(from, from + SLICE)) this.#look(fd, limitMs, busy, sliceMs);
      tookMs += performance.now() - sliceMs;
    }
    return tookMs;
  }

  /** Finds new connections, and forgets those that are gone. */
  #list(nowMs: number): void {
    const known = this.#lookMs;
    // If there are few, all are listed again: a number may be another socket's by now.
    const isMany = known.size > SLICE;
    const connections = this.open.all((fd) => isMany && known.has(fd));
    this.#lookMs = new Map(connections.map((fd) => [fd, known.get(fd) ?? nowMs]));
    this.#listed = connections.length;
    this.#listMs = nowMs + Math.min(LIST_EACH_MS, this.limitMs);
  }

  /** Checks one connection, if it still is one, and closes it if it is idle. */
  #look(fd: number, limitMs: number, busy: ReadonlySet<string>, nowMs: number): void {
    // The kernel does not know when something last happened there: Bun's own timer closes it.
    if (this.open.isUnix(fd)) return void this.#lookMs.set(fd, nowMs + LIST_EACH_MS);
    const traffic = trafficOf(fd);
    // The number may be another socket's by now, for example the app's own.
    if (traffic === undefined || !this.open.isOurs(fd)) return void this.#lookMs.delete(fd);
    // Browsers open connections in advance: without a limit those go too.
    const isUnused = this.limitMs === 0 && !traffic.hasReceived;
    const mayGreet = this.open.isSecure && this.limitMs > 0 && traffic.received < GREETING_BYTES;
    const leftMs = isUnused ? 0 : idleInMs(limitMs, traffic, mayGreet);
    if (leftMs > 0) {
      // If more happens on it, it is idle only after the limit has passed from then on.
      this.#lookMs.set(fd, nowMs + Math.min(leftMs, limitMs));
    } else if (unsentBytes(fd) > 0 || this.#isBusy(fd, busy)) {
      // When the request that keeps it busy ends, that sends something, or ends the connection.
      this.#lookMs.set(fd, nowMs + limitMs);
    } else if (unreadBytes(fd) === 0) {
      this.open.end(fd);
      this.#lookMs.delete(fd);
    }
  }

  #isBusy(fd: number, busy: ReadonlySet<string>): boolean {
    if (busy.size === 0) return false;
    const key = this.open.keyOf(fd);
    return key === undefined || busy.has(key);
  }
}
