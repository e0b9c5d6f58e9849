// Sends the clients of HTTP/2 away from a draining worker, where a mark does not: by GOAWAY. Its
// streams are finished; the client opens others on a new connection, to another worker.
//
// Without TLS the frame is written past Bun, connection by connection. It names the highest stream
// there can be: whatever the client has already sent is served, and nothing must be repeated.
//
// Over TLS only Bun can write, and only `stop()` makes it: one GOAWAY to all, which names the
// latest stream that Bun has seen. What was on its way the client must send again, and may: it
// knows that nobody has read it. On a Unix socket, where connections cannot be told apart, it is
// the same. But `stop()` also closes HTTP/1.1 connections that are idle, whose
// next request may be on its way. So it waits until there are none, but not for ever: by the limits
// below, which are those for idle connections.
//
// A worker in standby may have to serve again, so it is not stopped: there only the frames are
// written, where that is possible.
import { LINGER_MS } from "../../core/settings.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_RDWR } from "../../os/constants.ts";
import { libc } from "../../os/libc.ts";
import { unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import { type Traffic, trafficOf } from "../../net/tcp-info.ts";
import { connectionOf } from "../connections/connection.ts";
import { type Evidence, judge, mayBeHarmed, noEvidence } from "../connections/protocols.ts";
import type { InFlightRequest } from "../requests/in-flight.ts";
import type { SharedServers } from "../serve/shared-servers.ts";
import type { Draining } from "./draining.ts";

/** Length 8, type GOAWAY, stream 0; the highest stream, and no error. */
const GOAWAY = new Uint8Array([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
/** How long a client that was sent away may keep an idle connection: many round trips. */
const LEAVE_WITHIN_MS = 1000;
/** Idle connections are closed at most so long after the keep-alive limit. */
const SWEEP_WITHIN_MS = 4000;
/** Over TLS clients of HTTP/2 stay for at most one part in so many of the time for the drain. */
const SHARE_OF_DRAIN = 2;
const LOOK_EACH_MS = 50;

interface Connection {
  readonly key: string;
  readonly fd: number;
  readonly traffic: Traffic;
  readonly requests: readonly InFlightRequest[];
}

export class Http2Drain {
  readonly #beganMs = performance.now();
  /** Undefined: there has been no look yet. */
  #markedMs: number | undefined;
  #lookMs = 0;
  #known = new Map<string, Evidence>();
  /** Those that were sent away, and when. */
  readonly #told = new Map<string, number>();

  /** @param drain undefined: the worker is in standby */
  constructor(
    readonly servers: SharedServers,
    readonly drain: Draining | undefined,
  ) {}

  /** Sends away whom it can, once all answers are marked: that is how protocols are told apart. */
  look(): void {
    const nowMs = performance.now();
    const { hasStopped, marking } = this.servers.handlers;
    if (nowMs < this.#lookMs || hasStopped || marking.flag.pace?.isOver(nowMs) === false) return;
    this.#lookMs = nowMs + LOOK_EACH_MS;
    this.#markedMs ??= nowMs;
    const writing = this.servers.connections.writingIfKnown();
    const connections = this.#connections();
    this.#judge(connections, writing, nowMs);
    const { isSecure, hasUnix } = this.servers;
    if (this.drain !== undefined && (isSecure || hasUnix)) {
      this.#stopInTime(this.drain, connections, nowMs);
    }
    // In the middle of a frame of Bun's there is no place for one of ours.
    if (!isSecure && writing !== undefined) this.#sendAway(connections, writing, nowMs);
  }

  /** Those that may speak HTTP/2 and can be told apart. */
  #connections(): Connection[] {
    const { connections, handlers } = this.servers;
    const requests = Map.groupBy(handlers.inFlight.sweep(), connectionOf);
    const webSockets = new Set(handlers.webSockets.connections);
    const named = Map.groupBy(connections.all(), (fd) => connections.keyOf(fd));
    const found: Connection[] = [];
    for (const [key, [fd, ...others]] of named) {
      if (key === undefined || fd === undefined || others.length > 0) continue;
      const traffic = webSockets.has(key) ? undefined : trafficOf(fd);
      if (traffic) found.push({ key, fd, traffic, requests: requests.get(key) ?? [] });
    }
    return found;
  }

  #judge(
    connections: readonly Connection[],
    writing: ReadonlySet<number> | undefined,
    nowMs: number,
  ): void {
    const before = this.#known;
    this.#known = new Map();
    for (const { key, fd, traffic, requests } of connections) {
      const isSent = writing === undefined ? unsentBytes(fd) === 0 : !writing.has(fd);
      const sentMs = isSent && traffic.hasSent ? nowMs - traffic.sinceSentMs : undefined;
      const known = before.get(key) ?? noEvidence(this.#markedMs ?? nowMs);
      this.#known.set(key, judge(known, { nowMs, sentMs, requests }));
    }
  }

  #sendAway(connections: readonly Connection[], writing: ReadonlySet<number>, nowMs: number): void {
    for (const connection of connections) {
      const { key, fd } = connection;
      if (this.#known.get(key)?.isHttp2 !== true || writing.has(fd)) continue;
      const toldMs = this.#told.get(key);
      if (toldMs === undefined) {
        if (goAway(fd)) this.#told.set(key, nowMs);
      } else if (this.drain && nowMs - toldMs >= LEAVE_WITHIN_MS && isQuiet(connection)) {
        libc().shutdown(fd, SHUT_RDWR);
      }
    }
  }

  #stopInTime(drain: Draining, connections: readonly Connection[], nowMs: number): void {
    const { servers } = this;
    // New connections would wait for a worker that accepts none.
    if (servers.queued > 0 || servers.acceptsShared) return;
    if (!drain.isSteered && !servers.isShared && !servers.allReleased) return;
    const idleMs = servers.handlers.options.keepAliveMs + SWEEP_WITHIN_MS;
    const latestMs = Math.max(LINGER_MS, Math.min(idleMs, drain.timeoutMs / SHARE_OF_DRAIN));
    const isHarmful =
      servers.hasUnix ||
      connections.some(({ key, requests }) => {
        const known = this.#known.get(key);
        return known === undefined || mayBeHarmed(known, requests);
      });
    if (!isHarmful || nowMs - this.#beganMs >= latestMs) servers.stop(false);
  }
}

/** Whether the connection has taken the frame. If it takes only a part, that is its end. */
function goAway(connection: number): boolean {
  const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  const sent = Number(libc().send(connection, GOAWAY, BigInt(GOAWAY.length), flags));
  if (sent > 0 && sent < GOAWAY.length) libc().shutdown(connection, SHUT_RDWR);
  return sent > 0;
}

/** Nothing has come for a while, nothing is in flight, and all is sent. */
function isQuiet({ fd, traffic, requests }: Connection): boolean {
  if (requests.length > 0 || traffic.sinceReceivedMs < LEAVE_WITHIN_MS) return false;
  return unreadBytes(fd) === 0 && unsentBytes(fd) === 0;
}
