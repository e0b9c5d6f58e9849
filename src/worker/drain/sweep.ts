// Ends connections whose clients have had their time, without ever delaying requests: idle ones,
// and those on which a head or an upload takes too long.
//
// A connection is looked at again at the earliest time when that can be so, and if there are many,
// each turn of the event loop looks only at some: looking at 10,000 at once would stop the worker
// for some 20 ms.
import { SHUT_RDWR } from "../../os/constants.ts";
import { socketCookie, unreadBytes, unsentBytes } from "../../net/socket-options.ts";
import { trafficOf } from "../../net/tcp-info.ts";
import { isOfUnix } from "../connections/connection.ts";
import type { Connections } from "../connections/connections.ts";
import { lastAnswer } from "../http/problem.ts";
import type { InFlightRequest } from "../requests/in-flight.ts";
import type { ConnectionLimits } from "./idle.ts";
import { WorkTime } from "./work-time.ts";
import { type End, type Surroundings, Watched, type Wire } from "./look.ts";
import { answerByBun, writeLast } from "./past-bun.ts";

/** How many connections one turn of the event loop looks at, which takes under a millisecond. */
const SLICE = 200;
/**
 * How long one may be unknown that has come just when another went, and has asked nothing, or only
 * what Bun serves by itself. If a limit is shorter: so long, to be in time.
 */
const LIST_EACH_MS = 10_000;
/** A head is looked for this many times in its time, */
const LOOKS = 5;
/** but not more often, as there is a sweep only once a second. */
const LEAST_LOOK_MS = 1000;

/** When to look at those that should go at once: one may just be getting an answer. */
const AT_ONCE_MS = [0, 20, 60];
/**
 * Browsers open connections in advance: those go too. What has begun has its time, which is longer
 * than all these looks.
 */
const AT_ONCE = { keepAliveMs: 0, silentMs: 0, headerMs: 12_000, uploadRate: 0 };

/** Is told what was ended, but for what was idle. */
export type OnEnd = (why: Exclude<End, "idle">, request: InFlightRequest | undefined) => void;

/**
 * Closes what is idle now, however long it has been: whoever has saved a file and asks again wants
 * the new version, and a browser asks on the connection that it has.
 */
export async function closeIdleAtOnce(open: Connections): Promise<void> {
  const { isSecure } = open;
  const sweep = new Sweep(open, AT_ONCE, { isSecure, mayBeHttp2: true }, () => undefined);
  for (const waitMs of AT_ONCE_MS) {
    await Bun.sleep(waitMs);
    await sweep.run(false);
  }
}

interface Known {
  /** When to look at it, in milliseconds of `performance.now()`. */
  lookMs: number;
  /** Which socket it is; 0: unknown. */
  cookie: bigint;
  watched: Watched;
}

export class Sweep {
  #known = new Map<number, Known>();
  /** When to list the connections again, even if none seems to have come. */
  #listMs = 0;
  /** How many the latest list had. */
  #listed = 0;
  /** When something may last have happened on a Unix socket. */
  #unixUsedMs = performance.now();
  readonly #lookEachMs: number;

  constructor(
    readonly open: Connections,
    readonly limits: ConnectionLimits,
    readonly wire: Wire,
    readonly onEnd: OnEnd,
  ) {
    this.#lookEachMs = Math.max(LEAST_LOOK_MS, limits.headerMs / LOOKS);
  }

  /** How many connections there were at the last sweep. */
  get connections(): number {
    return this.#known.size;
  }

  /**
   * Whether there may be anything to end. That all known ones are gone does not say so: others may
   * have come in their place. @param isAsBefore as for `run`
   */
  isDue(isAsBefore: boolean): boolean {
    return !isAsBefore || this.#listed > 0;
  }

  /**
   * Ends what is to be ended. Resolves with the milliseconds of the worker's time that it took.
   * @param isAsBefore no request and no descriptor seems to have come or gone since the last one
   */
  async run(isAsBefore: boolean): Promise<number> {
    const work = new WorkTime();
    const startedMs = performance.now();
    if (!isAsBefore) this.#listMs = startedMs;
    const doing = this.open.doing();
    if (!isAsBefore || [...doing.keys()].some(isOfUnix)) this.#unixUsedMs = startedMs;
    if (startedMs >= this.#listMs) await this.#list(startedMs, work);
    const due: number[] = [];
    for (const [fd, { lookMs }] of this.#known) if (lookMs <= startedMs) due.push(fd);
    for (let from = 0; from < due.length; from += SLICE) {
      if (from > 0) await work.pause();
      const sliceMs = performance.now();
      // What has come since `doing` was computed is younger than that.
      const keepAliveMs = Math.max(this.limits.keepAliveMs, sliceMs - startedMs + 1);
      const limits = { ...this.limits, keepAliveMs };
      for (const fd of due.slice(from, from + SLICE)) this.#look(fd, limits, doing, sliceMs);
    }
    return work.tookMs;
  }

  /** Finds new connections, and forgets those that are gone. */
  async #list(nowMs: number, work: WorkTime): Promise<void> {
    const known = this.#known;
    // If there are few, all are listed again: a number may be another socket's by now.
    const isMany = known.size > SLICE;
    const isKnown = (fd: number): boolean => isMany && known.has(fd);
    const connections = await this.open.allInParts(isKnown, () => work.pause());
    this.#known = new Map(connections.map((fd) => [fd, known.get(fd) ?? newlyKnown(fd, nowMs)]));
    this.#listed = connections.length;
    const { keepAliveMs, headerMs } = this.limits;
    this.#listMs = nowMs + Math.min(LIST_EACH_MS, keepAliveMs, headerMs);
  }

  /** Looks at one connection, if it still is one. */
  #look(
    fd: number,
    limits: ConnectionLimits,
    doing: ReadonlyMap<string, readonly InFlightRequest[]>,
    nowMs: number,
  ): void {
    if (this.open.isUnix(fd)) return this.#lookAtUnix(fd, limits, nowMs);
    const traffic = trafficOf(fd);
    const known = traffic && this.#identified(fd, nowMs);
    if (traffic === undefined || known === undefined) return void this.#known.delete(fd);
    const surroundings: Surroundings = {
      nowMs,
      limits,
      lookEachMs: this.#lookEachMs,
      doing: () => this.#doingOn(fd, doing),
      wire: this.wire,
    };
    const verdict = known.watched.look(traffic, surroundings);
    if ("end" in verdict) this.#end(fd, verdict.end, verdict.request);
    else known.lookMs = nowMs + verdict.lookInMs;
  }

  /**
   * The kernel does not know when something last happened there, nor Bun which connection a request
   * came on. So one is idle for certain if nothing at all has happened for so long.
   */
  #lookAtUnix(fd: number, { keepAliveMs }: ConnectionLimits, nowMs: number): void {
    const known = this.#known.get(fd);
    if (known === undefined) return;
    const leftMs = this.#unixUsedMs + keepAliveMs - nowMs;
    const isUsed = leftMs > 0 || unreadBytes(fd) > 0 || unsentBytes(fd) > 0;
    if (!isUsed) return this.#end(fd, "idle", undefined);
    known.lookMs = nowMs + Math.min(Math.max(leftMs, LEAST_LOOK_MS), LIST_EACH_MS);
  }

  /** What is known of it; undefined: its number is another socket's by now, perhaps the app's. */
  #identified(fd: number, nowMs: number): Known | undefined {
    const cookie = socketCookie(fd);
    const known = this.#known.get(fd);
    if (known !== undefined && cookie !== 0n && known.cookie === cookie) return known;
    if (!this.open.isOurs(fd)) return undefined;
    const isNew = known === undefined || (known.cookie !== 0n && known.cookie !== cookie);
    const found = isNew ? newlyKnown(fd, nowMs) : known;
    found.cookie = cookie;
    this.#known.set(fd, found);
    return found;
  }

  #doingOn(
    fd: number,
    doing: ReadonlyMap<string, readonly InFlightRequest[]>,
  ): readonly InFlightRequest[] | undefined {
    if (doing.size === 0) return undefined;
    const key = this.open.keyOf(fd);
    // One that has no name has just ended.
    return key === undefined ? [] : doing.get(key);
  }

  /** One that has come from another worker since the sweep began is not as young as others. */
  #hasMoved(fd: number): boolean {
    const key = this.open.keyOf(fd);
    return key !== undefined && this.open.webSockets.hasMoved(key);
  }

  #end(fd: number, why: End, request: InFlightRequest | undefined): void {
    // A request may have come on it since the sweep began.
    if (why === "header_timeout" && this.#doingOn(fd, this.open.doing()) !== undefined) return;
    if (this.#hasMoved(fd)) return;
    this.#known.delete(fd);
    if (why === "idle") return this.open.end(fd);
    const { isSecure, mayBeHttp2 } = this.wire;
    const isByBun = isSecure || mayBeHttp2;
    if (!isByBun) writeLast(fd, lastAnswer(408), SHUT_RDWR);
    else if (request === undefined) this.open.end(fd);
    else answerByBun(request, 408);
    this.onEnd(why, request);
  }
}

function newlyKnown(fd: number, nowMs: number): Known {
  return { lookMs: nowMs, cookie: 0n, watched: new Watched(fd) };
}
