// Requests that get their answer past their handler: their body is too large, their time is up, or
// the worker ends. Each is noted for the metrics and the access log as what its client has got.
import type { AllInFlight, Tracked } from "../requests/in-flight.ts";
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
}

export class PastHandler {
  constructor(readonly options: PastHandlerOptions) {}

  /** Its body is too large. */
  refuseBody(request: Tracked): void {
    this.options.outcomes.note(request, 413);
    this.options.meter.rejected("body_size");
  }

  /** What the handler does from now on is nobody's answer: it is noted before it can fail. */
  timeOut(request: Tracked): void {
    const { outcomes, meter, onTimeout, requestLayer } = this.options;
    outcomes.note(request, 504);
    meter.rejected("request_timeout");
    onTimeout(request, requestLayer?.idOf(request));
  }

  /** Something else has answered. @param startedMs as `performance.now()` gives it */
  noteAnswered(request: Tracked, status: number, startedMs: number): void {
    const { outcomes, meter, inFlight, requestLayer } = this.options;
    inFlight.forget(request);
    outcomes.note(request, status);
    meter.ended(request, status);
    requestLayer?.noteAnswered(request, status, startedMs);
  }
}
