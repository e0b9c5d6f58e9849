// Which requests are in flight, at next to no cost per request.
//
// Bun itself knows: for a request whose response, body included, has ended, `requestIP` gives null (20
// ns). So nothing hooks the end of a request. Each is noted in a batch; when the batch after it is full,
// or after a second, those that are still in flight move to the list of slow ones, and all others are
// told of as ended and forgotten. (On a Unix socket `requestIP` is always null: that will need another test.)

/** Requests in a batch. A request is held at most for two batches, or a second. */
const BATCH = 256;

/** A request that is being answered. */
export interface InFlightRequest {
  readonly request: Request;
  /** What the handler returned: a promise that is pending while nothing has been answered. */
  readonly result: unknown;
  /** The client's port. */
  readonly port: number;
  /** When it was noted, in milliseconds of `performance.now()`, exact to a second. */
  readonly sinceMs: number;
}

/** What Bun's servers know of their requests. */
export interface Liveness {
  /** Where a request comes from; null once it has been answered. */
  requestIP(request: Request): { readonly port: number } | null;
  readonly pendingRequests: number;
}

export class InFlight {
  #young: Request[] = [];
  #youngResults: unknown[] = [];
  #old: Request[] = [];
  #oldResults: unknown[] = [];
  #count = 0;
  #oldCount = 0;
  #slow: InFlightRequest[] = [];
  #nowMs = performance.now();
  /** Requests noted since the start. */
  total = 0;

  /** @param onEnded told of each request some time after its end, with what its handler returned. */
  constructor(
    readonly server: Liveness,
    readonly onEnded: (request: Request, result: unknown) => void,
  ) {}

  /** Notes a request and what its handler returned. */
  note(request: Request, result: unknown): void {
    this.total++;
    if (this.#count === BATCH) this.#rotate();
    this.#young[this.#count] = request;
    this.#youngResults[this.#count] = result;
    this.#count++;
  }

  /** All that is in flight now. Call it at least once a second. */
  sweep(): readonly InFlightRequest[] {
    this.#settle(this.#old, this.#oldResults, this.#oldCount);
    this.#settle(this.#young, this.#youngResults, this.#count);
    // New arrays, so that a server without load holds on to nothing.
    if (this.#count > 0) [this.#young, this.#youngResults] = [[], []];
    if (this.#oldCount > 0) [this.#old, this.#oldResults] = [[], []];
    this.#oldCount = 0;
    this.#count = 0;
    this.#slow = this.#slow.filter(({ request, result }) => {
      const isLive = this.server.requestIP(request) !== null;
      if (!isLive) this.onEnded(request, result);
      return isLive;
    });
    this.#nowMs = performance.now();
    return this.#slow;
  }

  /** Forgets a request that `sweep` has just told of: it has been answered past its handler. */
  forget(request: Request): void {
    this.#slow = this.#slow.filter((slow) => slow.request !== request);
  }

  #rotate(): void {
    // With one pending request, the one that is being noted, none of the older ones is left.
    const alone = this.#slow.length === 0 && this.server.pendingRequests <= 1;
    this.#settle(this.#old, this.#oldResults, this.#oldCount, alone);
    [this.#old, this.#young] = [this.#young, this.#old];
    [this.#oldResults, this.#youngResults] = [this.#youngResults, this.#oldResults];
    this.#oldCount = this.#count;
    this.#count = 0;
  }

  /** Finds out who of a batch is still in flight. @param haveEnded that none is, if that is known */
  #settle(requests: Request[], results: unknown[], count: number, haveEnded = false): void {
    for (let index = 0; index < count; index++) {
      const request = requests[index] as Request;
      const result = results[index];
      const client = haveEnded ? null : this.server.requestIP(request);
      if (client === null) {
        this.onEnded(request, result);
      } else {
        this.#slow.push({ request, result, port: client.port, sinceMs: this.#nowMs });
      }
    }
  }
}
