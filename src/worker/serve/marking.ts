// How far the drain of a worker has come, as its handlers see it: whether they mark responses. What
// Bun serves by itself is also marked, and passed on from a private server: see routes.ts. A worker
// in standby marks them too, and may end that again.
import type { DrainFlag } from "../closing/mark.ts";
import { Pace } from "../closing/pace.ts";
import { PrivateServer } from "../private/private-server.ts";
import { bunsRoutes } from "../routes/routes.ts";
import { type Tell, Trouble, until } from "../trouble.ts";

/** How long to wait before retrying to mark what Bun serves by itself. */
const MARK_AGAIN_MS = 100;
/** As many requests as Bun's compiler needs to know what they do. */
const REHEARSED = 2000;

interface MarkingOptions {
  readonly onTrouble: Tell;
  /** The port that a request has come from; undefined: nobody knows. */
  readonly portOf: DrainFlag["portOf"];
  /** The app's routes, as they are now. */
  readonly routes: () => unknown;
  /** Answers for a response that Bun cannot send. */
  readonly onError: (error: unknown) => Response | Promise<Response>;
  /** Makes Bun's servers load their handlers again, built with the present flag. */
  readonly reload: () => void;
  /** Marks answers that have not begun, of requests that are in flight now. */
  readonly markPending: () => void;
}

export class Marking {
  readonly flag: DrainFlag;
  #hasBegun = false;
  /** What Bun serves by itself is to be passed on. */
  #passesOn = false;
  /** The one that was made last: it listens on for the next time, and nobody else finds it. */
  #private: { readonly server: PrivateServer; readonly hasRoutes: boolean } | undefined;
  readonly #trouble: Trouble;
  #during: (action: () => void) => void = (action) => action();

  constructor(readonly options: MarkingOptions) {
    const { portOf } = options;
    this.flag = { pace: undefined, expired: false, privately: undefined, passesOn: false, portOf };
    const what = "marking what Bun serves by itself";
    this.#trouble = new Trouble(options.onTrouble, "drain-hindered", what);
  }

  /** @param pace `undefined`: responses are not marked, or no longer */
  pace(pace: DrainFlag["pace"]): void {
    const begins = pace !== undefined && !this.#hasBegun;
    this.#hasBegun = pace !== undefined;
    this.flag.pace = pace;
    if (begins) this.options.markPending();
  }

  /**
   * From now on each request takes the steps that it would take in a drain, but nobody is sent
   * away. Bun's compiler leaves out what has never run. Without a rehearsal it would have to
   * compile the request path again at the start of a drain, under load: for 200 ms requests took
   * half as long again.
   */
  rehearse(): void {
    this.flag.pace = Pace.still();
  }

  /** Ends the rehearsal once there were enough requests, unless the drain has begun. */
  rehearsed(requests: number): void {
    if (requests >= REHEARSED && !this.#hasBegun) this.flag.pace = undefined;
  }

  /**
   * From now on what Bun serves by itself is passed on. While descriptors are short it stays
   * unmarked.
   * @param during runs a function that takes descriptors, while connections must not compete for
   *   them
   */
  passOn(during: (action: () => void) => void): void {
    this.#during = during;
    this.#passesOn = true;
    const begin = (): true => {
      const isDone = !this.#passesOn || this.flag.privately !== undefined;
      if (!isDone && this.#servePrivately()) this.options.reload();
      return true;
    };
    void until(this.#trouble, begin, () => MARK_AGAIN_MS);
  }

  /** From now on responses are as before, and so is what Bun serves by itself. */
  end(): void {
    this.#passesOn = false;
    this.pace(undefined);
    if (this.flag.privately === undefined) return;
    this.flag.privately = undefined;
    if (this.#private?.hasRoutes === true) this.options.reload();
  }

  /** The app's routes have changed: what is passed on is made from the new ones. */
  renew(): void {
    this.#private = undefined;
    if (this.flag.privately !== undefined) this.#trouble.survive(() => this.#servePrivately());
  }

  /** Returns whether there are routes to pass on. For those, what it takes is taken now. */
  #servePrivately(): boolean {
    const { routes, onError } = this.options;
    const buns = bunsRoutes(routes());
    const hasRoutes = Object.keys(buns).length > 0;
    const server = this.#private?.server ?? new PrivateServer(buns, onError, this.#during);
    if (hasRoutes) server.listen();
    this.#private = { server, hasRoutes };
    this.flag.privately = server;
    return hasRoutes;
  }

  /** From now on new requests get 503. */
  refuseRequests(): void {
    this.flag.expired = true;
  }
}
