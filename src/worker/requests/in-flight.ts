// Which requests are in flight, at next to no cost per request.
//
// Bun itself knows: once a response, body included, has ended, `requestIP` returns null for its
// request (20 ns). So nothing hooks the end of a request. Each request is noted in a batch. When
// the next batch is full, or after a second, those that are still in flight move to the list of
// slow ones; all others are reported as ended and forgotten. On a Unix socket, where `requestIP` is
// always null, their number tells: see unix-ended.ts. A request that has ended when it is noted, as
// with node:http, is not kept at all.

import { type Client, UNIX_CLIENT } from "./client.ts";
import { NodeRequest } from "./node-request.ts";
import { endedOnUnix } from "./unix-ended.ts";

/** Read once: reading other functions of `Bun` for the first time changes what `Bun` looks like. */
const { status } = Bun.peek;

/**
 * A request is kept for at most two batches, or a second. What is kept lives through a run of the
 * garbage collector, which costs more than to ask; so a batch is only as large as it must be for
 * nearly all of it to have ended when the next one is full.
 */
const LEAST_BATCH = 4;
const MOST_BATCH = 4096;

/** Any request: one of Bun's own kind, or one that node:http answers. */
export type Tracked = Request | NodeRequest;

/** A request that is being answered. */
export interface InFlightRequest {
  readonly request: Tracked;
  /** What the handler returned: a promise that is pending until there is an answer. */
  readonly result: unknown;
  readonly client: Client;
  /** Which of the worker's servers got it: see `InFlight.server`. */
  readonly server: number;
  /** Its connection's name, see connection.ts, once somebody has asked for it. */
  connection: string | undefined;
  /** When it was noted, in milliseconds of `performance.now()`, or up to a second earlier. */
  readonly sinceMs: number;
  /** When it was first found to be in flight: later than it was noted, by a sweep at most. */
  readonly seenMs: number;
}

/** What Bun's servers know of their requests. */
export interface Liveness {
  /**
   * Where a request comes from; null once it has been answered. Left out for those on a Unix
   * socket: nobody knows.
   */
  requestIP?(request: Tracked): Client | null;
  readonly pendingRequests: number;
}

export class InFlight {
  #young: Tracked[] = [];
  #youngResults: unknown[] = [];
  #old: Tracked[] = [];
  #oldResults: unknown[] = [];
  #count = 0;
  #batch = LEAST_BATCH;
  #oldCount = 0;
  #slow: InFlightRequest[] = [];
  #nowMs = performance.now();
  /** Undefined: nobody tells of a single request, see unix-ended.ts. */
  readonly #ask: Ask | undefined;
  /** Requests noted since the start. */
  total = 0;

  /**
   * @param onEnded gets each request some time after its end, with what its handler returned
   * @param server the number of the server whose requests these are: each server has its own
   *   `InFlight`, so that nothing must be noted about a request to know where it came in
   */
  constructor(
    readonly liveness: Liveness,
    readonly onEnded: (request: Tracked, result: unknown) => void,
    readonly server = 0,
  ) {
    const { requestIP } = liveness;
    this.#ask = requestIP && ((request) => requestIP.call(liveness, request));
  }

  /** Notes a request and what its handler returned. */
  note(request: Tracked, result: unknown): void {
    this.total++;
    if (this.#count >= this.#batch) this.#rotate();
    this.#young[this.#count] = request;
    this.#youngResults[this.#count] = result;
    this.#count++;
  }

  /** Notes a request of the app to itself, of which Bun's servers know nothing: it is not kept. */
  noteOwn(request: Tracked, result: unknown): void {
    this.total++;
    const end = (): void => this.onEnded(request, result);
    if (result instanceof Promise) void result.then(end, end);
    else end();
  }

  /** Notes a request that is known to have ended: it is not kept. */
  noteEnded(request: Tracked): void {
    this.total++;
    this.onEnded(request, undefined);
  }

  /** Everything in flight now. Call it, or `rest`, at least once a second. */
  sweep(): readonly InFlightRequest[] {
    const clientOf = this.#asker(this.liveness.pendingRequests);
    this.#settleSlow(clientOf);
    this.#settle(this.#old, this.#oldResults, this.#oldCount, clientOf);
    this.#settle(this.#young, this.#youngResults, this.#count, clientOf);
    // New arrays, so that a server without load holds on to nothing.
    if (this.#count > 0) [this.#young, this.#youngResults] = [[], []];
    if (this.#oldCount > 0) [this.#old, this.#oldResults] = [[], []];
    this.#oldCount = 0;
    this.#count = 0;
    this.#nowMs = performance.now();
    return this.#slow;
  }

  /** Returns what says, now, whether a request is in flight that has been noted. */
  lookUp(): (request: Tracked) => boolean {
    const ask = this.#ask;
    if (ask !== undefined) return (request) => ask(request, undefined) !== null;
    const all = new Set(this.sweep().map(({ request }) => request));
    return (request) => all.has(request);
  }

  /** Instead of `sweep`, where nothing has been noted since, nor was anything in flight then. */
  rest(): void {
    this.#nowMs = performance.now();
  }

  /** For how long each has waited that had no answer at the last sweep, in milliseconds. */
  waitsMs(): number[] {
    const nowMs = performance.now();
    return this.#slow.filter(isPending).map(({ sinceMs }) => nowMs - sinceMs);
  }

  /** Forgets a request that `sweep` has just returned: it has been answered past its handler. */
  forget(request: Tracked): void {
    this.#slow = this.#slow.filter((slow) => slow.request !== request);
  }

  #rotate(): void {
    // If the only pending request is the one that is being noted, all older ones have ended.
    const { pendingRequests } = this.liveness;
    const alone = this.#slow.length === 0 && pendingRequests <= 1;
    this.#batch = Math.min(Math.max(2 * pendingRequests, LEAST_BATCH), MOST_BATCH);
    const clientOf = alone ? nobody : this.#asker(pendingRequests - 1);
    // Among those that only their number tells of, each that has ended must be known to have.
    if (this.#ask === undefined) this.#settleSlow(clientOf);
    this.#settle(this.#old, this.#oldResults, this.#oldCount, clientOf);
    [this.#old, this.#young] = [this.#young, this.#old];
    [this.#oldResults, this.#youngResults] = [this.#youngResults, this.#oldResults];
    this.#oldCount = this.#count;
    this.#count = 0;
  }

  /**
   * Returns what says where a request comes from, and null if it has ended. Of all that are known
   * it is to be asked in the order in which they came.
   * @param pending how many of those that are known are in flight
   */
  #asker(pending: number): Ask {
    if (this.#ask !== undefined) return this.#ask;
    const results: unknown[] = [];
    const add = (request: Tracked | undefined, result: unknown): void => {
      if (!(request instanceof NodeRequest)) results.push(result);
    };
    for (const { request, result } of this.#slow) add(request, result);
    for (let at = 0; at < this.#oldCount; at++) add(this.#old[at], this.#oldResults[at]);
    for (let at = 0; at < this.#count; at++) add(this.#young[at], this.#youngResults[at]);
    const hasEnded = endedOnUnix(results, results.length - pending);
    return (request, result) => {
      if (request instanceof NodeRequest) return request.client;
      return hasEnded(result) ? null : UNIX_CLIENT;
    };
  }

  /** Finds out which requests of a batch are still in flight. */
  #settle(requests: Tracked[], results: unknown[], count: number, clientOf: Ask): void {
    let seenMs: number | undefined;
    for (let index = 0; index < count; index++) {
      const request = requests[index] as Tracked;
      const result = results[index];
      const client = clientOf === nobody ? null : clientOf(request, result);
      if (client === null) {
        this.onEnded(request, result);
      } else {
        const { server } = this;
        const connection = undefined;
        const sinceMs = this.#nowMs;
        seenMs ??= performance.now();
        this.#slow.push({ request, result, client, server, connection, sinceMs, seenMs });
      }
    }
  }

  /** Finds out which of the slow ones are still in flight. */
  #settleSlow(clientOf: Ask): void {
    this.#slow = this.#slow.filter(({ request, result }) => {
      const isLive = clientOf(request, result) !== null;
      if (!isLive) this.onEnded(request, result);
      return isLive;
    });
  }
}

/** Whether nothing of its answer has been written. */
export function isPending({ request, result }: InFlightRequest): boolean {
  if (request instanceof NodeRequest) return request.isPending;
  return result instanceof Promise && status(result) === "pending";
}

type Ask = (request: Tracked, result: unknown) => Client | null;

/** All have ended. */
const nobody: Ask = () => null;

/** The requests of all servers of a worker. */
export class AllInFlight {
  readonly #each: InFlight[] = [];

  /** @param onEnded as for `InFlight` */
  constructor(
    readonly liveness: Liveness,
    readonly onEnded: (request: Tracked, result: unknown) => void,
  ) {}

  /**
   * Makes one for another server. Its number is how many there were before.
   * @param liveness if that server's is another one, as on a Unix socket
   */
  add(liveness = this.liveness): InFlight {
    const inFlight = new InFlight(liveness, this.onEnded, this.#each.length);
    this.#each.push(inFlight);
    return inFlight;
  }

  /** Requests noted since the start. */
  get total(): number {
    return this.#each.reduce((sum, { total }) => sum + total, 0);
  }

  /** Everything in flight now. Call it, or `rest`, at least once a second. */
  sweep(): readonly InFlightRequest[] {
    return this.#each.flatMap((inFlight) => inFlight.sweep());
  }

  /** See `InFlight.rest`. */
  rest(): void {
    for (const inFlight of this.#each) inFlight.rest();
  }

  /** See `InFlight.waitsMs`. */
  waitsMs(): number[] {
    return this.#each.flatMap((inFlight) => inFlight.waitsMs());
  }

  /** See `InFlight.forget`. */
  forget(request: Tracked): void {
    for (const inFlight of this.#each) inFlight.forget(request);
  }
}
