// `request_timeout`: a request whose response has not begun in time gets a 504, and its
// `request.signal` is aborted. A response that has begun is never cut.
//
// What is in flight is known anyway (in-flight.ts). So while anything waits, a timer looks for what
// has been in flight for too long: nothing is noted for a request, and nothing hooks its end.
import { formatDuration } from "../../core/duration.ts";
import { coarseMs } from "../../os/coarse-clock.ts";
import { abort, makeAbortable } from "../http/abortable.ts";
import type { Fetch } from "../http/layer.ts";
import { problem } from "../http/problem.ts";
import { answerInstead } from "./answerable.ts";
import { type AllInFlight, type InFlightRequest, isPending, type Tracked } from "./in-flight.ts";
import { NodeRequest } from "./node-request.ts";

/**
 * A look finds a request at most one part in this many of its time after it came, and as long after
 * its time is up: so it is late by up to two of these,
 */
const LOOKS = 40;
/** which are no shorter than this, and no longer than that. */
const LEAST_LOOK_MS = 20;
const MOST_LOOK_MS = 500;
/**
 * A look that comes so late has been held up, as all else has: what answers a request may have come
 * long ago, and gets the time until one more look.
 */
const HELD_UP_MS = 500;

export class RequestTimeout {
  #isTimed = false;
  /** When the next look is due. */
  #dueMs = 0;
  #wasHeldUp = false;

  /**
   * @param limitMs more than 0
   * @param inFlight all requests, with answers that `answerInstead` can give
   * @param onTimeout gets each request whose time is up, before it is answered
   * @param withEnd ends the connection with an answer, if that of the request must end
   */
  constructor(
    readonly limitMs: number,
    readonly inFlight: Pick<AllInFlight, "sweep">,
    readonly onTimeout: (request: Tracked) => void,
    readonly withEnd: (request: Request, answer: Response) => Response | Promise<Response>,
  ) {}

  /** @param handler one that neither throws nor rejects, whose requests will be in flight */
  wrap(handler: Fetch): Fetch {
    return (request, server) => {
      makeAbortable(request);
      const result = handler(request, server);
      if (!this.#isTimed && result instanceof Promise) this.#lookLater();
      return result;
    };
  }

  /** A request of node:http may be in flight. */
  expect(): void {
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
    let isAnyLeft = true;
    try {
      const waiting = this.inFlight.sweep().filter(isPending);
      const untilMs = performance.now() - this.limitMs;
      const late = isHeldUp ? [] : waiting.filter(({ seenMs }) => seenMs <= untilMs);
      isAnyLeft = waiting.length > late.length;
      for (const one of late) this.#end(one);
    } finally {
      // One that cannot be answered must not be the end of the limit for the others.
      if (isAnyLeft && !this.#isTimed) this.#lookLater();
    }
  }

  /** It is answered in any case: else it would be late again at the next look. */
  #end({ request, result }: InFlightRequest): void {
    try {
      this.onTimeout(request);
    } finally {
      if (request instanceof NodeRequest) {
        request.timeOut();
      } else {
        answerInstead(result, this.withEnd(request, problem(504)));
        abort(request, this.#reason());
      }
    }
  }

  #reason(): DOMException {
    const words = `not answered within ${formatDuration(this.limitMs)} (request_timeout)`;
    return new DOMException(words, "TimeoutError");
  }
}
