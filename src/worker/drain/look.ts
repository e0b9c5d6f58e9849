// One look at a connection: whether its client has had its time, and when to look again.
//
// The kernel knows when data last went either way, and how much; in-flight.ts knows which
// connections have a request. So a client may pause a download for as long as it likes, even one
// that Bun serves by itself, and a slow handler or a quiet stream is never taken for idle.
import { unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import type { Traffic } from "../../net/tcp-info.ts";
import { targetOf } from "../http/target.ts";
import { isAwaited } from "../requests/awaited-bodies.ts";
import type { InFlightRequest, Tracked } from "../requests/in-flight.ts";
import { NodeRequest } from "../requests/node-request.ts";
import { type Head, headAt } from "./head.ts";
import { type ConnectionLimits, idleInMs } from "./idle.ts";
import { isPending } from "../requests/in-flight.ts";
import {
  type Expected,
  hasUpload,
  isTooSlow,
  newUpload,
  ofAnyProtocol,
  ofHttp1,
  type Sample,
  type Upload,
  uploadAt,
} from "./upload.ts";

/** What a connection is to be ended for. */
export type End = "idle" | "header_timeout" | "upload_rate";

export type Verdict =
  { readonly lookInMs: number } | { readonly end: End; readonly request?: InFlightRequest };

/** What clients may speak. */
export interface Wire {
  readonly isSecure: boolean;
  readonly mayBeHttp2: boolean;
}

/** How many times at which a connection was quiet are remembered: the latest ones. */
const MOST_QUIET = 8;

/** What is known of other things. */
export interface Surroundings {
  readonly nowMs: number;
  readonly limits: ConnectionLimits;
  /** How long after a head has begun that must have been seen. */
  readonly lookEachMs: number;
  /** The requests in flight on the connection, none if it is a WebSocket's; undefined: idle. */
  readonly doing: () => readonly InFlightRequest[] | undefined;
  readonly wire: Wire;
}

/** A connection, and what earlier looks have found. */
export class Watched {
  #quiet: readonly Sample[] = [];
  #head: Head | undefined;
  #upload: { readonly request: unknown; readonly seen: Upload } | undefined;

  constructor(readonly fd: number) {}

  look(traffic: Traffic, surroundings: Surroundings): Verdict {
    const { limits, nowMs, lookEachMs } = surroundings;
    const head = headAt(traffic, this.#head, nowMs);
    this.#head = undefined;
    if (head === undefined) this.#noteQuiet(traffic, nowMs);
    // Over TLS a greeting counts as well: it cannot be told from one that a short request follows.
    // By HTTP/1.1, Bun itself ends a connection on which no request comes.
    const isSilent = !traffic.hasReceived;
    const leftMs = head === undefined ? idleInMs(limits, traffic, isSilent) : 0;
    if (leftMs > 0) return { lookInMs: Math.min(leftMs, lookEachMs) };
    const doing = surroundings.doing();
    if (doing !== undefined) return this.#lookAtRequest(doing, traffic, surroundings);
    return head === undefined
      ? this.#endUnlessUsed("idle", lookEachMs)
      : this.#lookAtHead(head, surroundings);
  }

  /** Notes what has been received for requests that have been answered, or answered so far. */
  #noteQuiet({ received }: Traffic, nowMs: number): void {
    if (received === (this.#quiet.at(-1)?.bytes ?? 0) || unreadBytes(this.fd) > 0) return;
    this.#quiet = [...this.#quiet.slice(1 - MOST_QUIET), { atMs: nowMs, bytes: received }];
  }

  /**
   * What had been received before a request came at `ms`, or less. A part of its head may have been
   * seen earlier, and a part of its body before it was first looked at: after a `100 Continue`, a
   * connection is as quiet as after an answer.
   */
  #receivedBy(ms: number): number {
    return this.#quiet.findLast(({ atMs }) => atMs < ms)?.bytes ?? 0;
  }

  #lookAtRequest(
    [request, ...others]: readonly InFlightRequest[],
    traffic: Traffic,
    surroundings: Surroundings,
  ): Verdict {
    const { limits, lookEachMs } = surroundings;
    // To find out that it is busy takes longer than all the rest of a look.
    const seldom = { lookInMs: Math.max(lookEachMs, limits.keepAliveMs / 2) };
    if (request === undefined || others.length > 0) return seldom;
    const { uploadRate } = limits;
    const isJudged = uploadRate > 0 && isPending(request);
    if (!isJudged || !isUploading(request)) return seldom;
    const isSlow = this.#isSlow(request, traffic, surroundings);
    return isSlow ? { end: "upload_rate", request } : { lookInMs: lookEachMs };
  }

  #lookAtHead(head: Head, { limits, nowMs, lookEachMs, wire }: Surroundings): Verdict {
    this.#head = head;
    const { headerMs, keepAliveMs } = limits;
    // The last word of an idle client of HTTP/2 may be one that needs no answer. Whom nothing has
    // been sent is no such client yet: it has stopped in its first message, perhaps one of TLS.
    const mayBeIdle = wire.mayBeHttp2 && head.sentSegments > 0;
    const limitMs = mayBeIdle ? Math.max(headerMs, keepAliveMs) : headerMs;
    const leftMs = limitMs - (nowMs - head.sinceMs);
    if (leftMs > 0) return { lookInMs: leftMs };
    return this.#endUnlessUsed("header_timeout", lookEachMs);
  }

  /**
   * An answer of Bun itself may be on its way, whose client takes it slowly. And what has not been
   * read may be a request: closing the connection would reset it.
   */
  #endUnlessUsed(end: End, lookEachMs: number): Verdict {
    const isUsed = unsentBytes(this.fd) > 0 || unreadBytes(this.fd) > 0;
    return isUsed ? { lookInMs: lookEachMs } : { end };
  }

  #isSlow(
    { request, sinceMs }: InFlightRequest,
    { received }: Traffic,
    { nowMs, limits: { uploadRate }, wire }: Surroundings,
  ): boolean {
    const known = this.#upload?.request === request ? this.#upload.seen : undefined;
    const before = known ?? newUpload(this.#receivedBy(sinceMs), sinceMs);
    const seen = uploadAt(before, nowMs, received, unreadBytes(this.fd));
    this.#upload = { request, seen };
    return isTooSlow(seen, nowMs, uploadRate, expectedOf(request, wire, nowMs));
  }
}

/** Nobody knows how much, but certainly more. */
const MORE: Expected = { leastBytes: Infinity, mostBytes: Infinity };

function expectedOf(request: Tracked, { mayBeHttp2 }: Wire, nowMs: number): Expected {
  // It is known whether all has come.
  if (request instanceof NodeRequest) return MORE;
  if (isAwaited(request, nowMs)) return MORE;
  return mayBeHttp2 ? ofAnyProtocol(request) : ofHttp1(request, targetOf(request));
}

function isUploading({ request }: InFlightRequest): boolean {
  if (!(request instanceof NodeRequest)) return hasUpload(request);
  return request.hasBody && request.response?.req.complete === false;
}
