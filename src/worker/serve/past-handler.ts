// Requests that get their answer past their handler: their body is too large, their time is up, or
// the worker ends. Each is noted for the metrics and the access log as what its client has got.
import type { Client } from "../requests/client.ts";
import type { AllInFlight, InFlightRequest, Tracked } from "../requests/in-flight.ts";
import type { Meter } from "../requests/meter.ts";
import type { Outcomes } from "../requests/outcome.ts";
import type { RequestLayer } from "../requests/request-layer.ts";

interface PastHandlerOptions {
  readonly meter: Meter;
  readonly outcomes: Outcomes;
  readonly inFlight: AllInFlight;
  /** Undefined: requests are not logged, and have no id. */
  readonly requestLayer: RequestLayer | undefined;
  /** See `HandlerOptions`. */
  readonly onTimeout: (request: Tracked, requestId: string | undefined) => void;
  /** Gets one of them at a time: anybody can send many. */
  readonly onTooLarge: (request: Tracked, requestId: string | undefined) => void;
}

type AnsweredInstead = Pick<InFlightRequest, "request" | "sinceMs"> & {
  /** Null: nobody knows. */
  readonly client: Client | null;
};

/** How often a body that is too large is told of, at most. */
const TELL_EACH_MS = 10_000;

export class PastHandler {
  #toldMs = -Infinity;

  constructor(readonly options: PastHandlerOptions) {}

  /** Its body is too large. */
  refuseBody(request: Tracked): void {
    const { outcomes, meter, onTooLarge, requestLayer } = this.options;
    outcomes.note(request, 413);
    meter.rejected("body_size");
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < TELL_EACH_MS) return;
    this.#toldMs = nowMs;
    onTooLarge(request, requestLayer?.idOf(request));
  }

  /** What the handler does from now on is nobody's answer: it is noted before it can fail. */
  timeOut(request: Tracked): void {
    const { outcomes, meter, onTimeout, requestLayer } = this.options;
    outcomes.note(request, 504);
    meter.rejected("request_timeout");
    onTimeout(request, requestLayer?.idOf(request));
  }

  /** Something else has answered. */
  noteAnswered({ request, client, sinceMs }: AnsweredInstead, status: number): void {
    const { outcomes, meter, inFlight, requestLayer } = this.options;
    inFlight.forget(request);
    outcomes.note(request, status);
    meter.ended(request, status);
    requestLayer?.noteAnswered(request, client, status, sinceMs);
  }
}
