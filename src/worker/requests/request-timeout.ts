// `request_timeout`: a request whose response has not begun in time gets a 504, and its
// `request.signal` is aborted. A response that has begun is never cut.
//
// All requests have the same time, so those that wait are in the order in which their time is up:
// one timer looks at the first ones. A request that is answered at once is not noted.
import { formatDuration } from "../../core/duration.ts";
import { coarseMs } from "../../os/coarse-clock.ts";
import { abort, makeAbortable } from "../http/abortable.ts";
import type { Fetch } from "../http/layer.ts";
import { bodyOf, isResponse } from "../http/native.ts";
import { problem } from "../http/problem.ts";
import { isStream } from "../http/response-body.ts";
import type { Tracked } from "./in-flight.ts";
import type { NodeRequest } from "./node-request.ts";

/** Read once: reading other functions of `Bun` for the first time changes what `Bun` looks like. */
const { peek } = Bun;

/** A request is late by at most one part in this many of its time, */
const LOOKS = 20;
/** as long as that is no shorter, and no longer than this. */
const LEAST_LOOK_MS = 20;
const MOST_LOOK_MS = 500;
/**
 * A look that comes so late has been held up, as all else has: what answers a request may have come
 * long ago, and gets the time until one more look.
 */
const HELD_UP_MS = 500;

interface Waiting {
  readonly sinceMs: number;
  /** Its time is up. */
  readonly end: () => void;
}

export class RequestTimeout {
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #isTimed = false;
  /** When the next look is due. */
  #dueMs = 0;
  #wasHeldUp = false;

  /**
   * @param limitMs more than 0
   * @param onTimeout gets each request whose time is up, before it is answered
   */
  constructor(
    readonly limitMs: number,
    readonly onTimeout: (request: Tracked) => void,
  ) {}

  /** @param handler one that neither throws nor rejects */
  wrap(handler: Fetch): Fetch {
    return (request, server) => {
      makeAbortable(request);
      const result = handler(request, server);
      if (!(result instanceof Promise) || isResponse(peek(result))) return result;
      return this.#inTime(request, result);
    };
  }

  #inTime(request: Request, result: Promise<Response | undefined>): Promise<Response | undefined> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.onTimeout(request);
        resolve(problem(504));
        abort(request, this.#reason());
      };
      const waiting = { sinceMs: coarseMs(), end };
      this.#add(waiting);
      void result.then((response) => {
        if (this.#waiting.delete(waiting)) resolve(response);
        else discard(response);
      });
    });
  }

  /** The same for a request of node:http. @param onceClosed is to call what it gets at its end */
  follow(request: NodeRequest, onceClosed: (ended: () => void) => void): void {
    const end = (): void => {
      if (!request.isPending) return;
      this.onTimeout(request);
      request.timeOut();
    };
    const waiting = { sinceMs: coarseMs(), end };
    this.#add(waiting);
    onceClosed(() => this.#waiting.delete(waiting));
  }

  #add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (!this.#isTimed) this.#lookLater();
  }

  #lookLater(): void {
    const ms = Math.min(Math.max(this.limitMs / LOOKS, LEAST_LOOK_MS), MOST_LOOK_MS);
    this.#isTimed = true;
    this.#dueMs = coarseMs() + ms;
    setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    this.#isTimed = false;
    const isHeldUp = !this.#wasHeldUp && coarseMs() - this.#dueMs > HELD_UP_MS;
    this.#wasHeldUp = isHeldUp;
    if (isHeldUp) return this.#lookLater();
    const untilMs = coarseMs() - this.limitMs;
    try {
      for (const waiting of this.#waiting) {
        if (waiting.sinceMs > untilMs) break;
        this.#waiting.delete(waiting);
        waiting.end();
      }
    } finally {
      // One that cannot be answered must not be the end of the limit for the others.
      if (this.#waiting.size > 0) this.#lookLater();
    }
  }

  #reason(): DOMException {
    const words = `not answered within ${formatDuration(this.limitMs)} (request_timeout)`;
    return new DOMException(words, "TimeoutError");
  }
}

/** An answer that came too late: what it would have been read from is let go. */
function discard(response: Response | undefined): void {
  if (response === undefined || !isStream(response)) return;
  bodyOf(response)
    ?.cancel()
    .catch(() => undefined);
}
