// The request path: kernel → Bun → here → the app. It calls the app and notes the request. While
// the worker drains, it also marks responses, so that clients open their next connection to another
// worker.
import type { Fetch, Layer } from "../http/layer.ts";
import { type Faults, guard } from "./guard.ts";
import { answerable } from "../requests/answerable.ts";
import type { InFlight } from "../requests/in-flight.ts";
import { type DrainFlag, mark } from "../closing/mark.ts";
import type { Meter } from "../requests/meter.ts";
import { problem } from "../http/problem.ts";
import type { RequestCheck } from "./request-check.ts";
import type { RequestTimeout } from "../requests/request-timeout.ts";

/** Read once: reading other functions of `Bun` for the first time changes what `Bun` looks like. */
const { peek } = Bun;

/** What all handlers of a worker share. */
export interface HandlerContext {
  readonly inFlight: InFlight;
  readonly meter: Meter;
  readonly flag: DrainFlag;
  readonly faults: Faults;
  /** Runs before any handler, the app's or our own. */
  readonly check: RequestCheck;
  /** Undefined: there is no limit. */
  readonly timeout: RequestTimeout | undefined;
  /** What wraps each handler, the innermost first. */
  readonly layers: readonly Layer[];
  /**
   * Requests that are in flight but not counted by the metrics, like everything that Bun serves by
   * itself.
   */
  readonly uncounted: WeakSet<Request>;
  /** Whether pounce may have to answer through Bun at a deadline, see answerable.ts. */
  readonly answersThroughBun: boolean;
  /** Is told now and then how many requests there were. */
  readonly rehearsed: (requests: number) => void;
}

/**
 * The handler that Bun calls for an app's `fetch`, or for one of its routes.
 * @param where the function's name for people, see guard.ts
 */
export function createHandler(fetch: Fetch, where: string, context: HandlerContext): Fetch {
  const { inFlight, meter, flag, faults, check, timeout, layers, rehearsed } = context;
  const isAnswerable = context.answersThroughBun || timeout !== undefined;
  const guarded = guard(fetch, { where, isAnswerable }, faults);
  const ask = check.wrap(timeout?.wrap(guarded) ?? guarded);
  const call = isAnswerable ? holding(ask) : ask;
  const answer: Fetch = (request, server) => {
    const result = flag.expired ? problem(503) : call(request, server);
    if ((server as typeof server | undefined) === undefined) inFlight.noteOwn(request, result);
    else inFlight.note(request, result);
    return result;
  };
  const measure: Fetch = (request, server) => {
    rehearsed(inFlight.total);
    const weight = meter.take();
    const startedMs = performance.now();
    const result = answer(request, server);
    const measured = (response?: unknown): void =>
      meter.measured(request, response, startedMs, weight);
    if (result instanceof Promise) result.then(measured, () => measured());
    else measured(result);
    return result;
  };
  const handle: Fetch = (request, server) => {
    if (meter.unmeasured === 0) return measure(request, server);
    meter.unmeasured--;
    return answer(request, server);
  };
  const layered = layers.reduce((inner, layer) => layer.wrap(inner), handle);
  // Marked last, so that a header that a layer adds is part of what Bun would send. What the app
  // asks itself, by `server.fetch`, has no server, and no connection either.
  return (request, server: Parameters<Fetch>[1] | undefined) => {
    const result = layered(request, server as Parameters<Fetch>[1]);
    if (flag.pace === undefined || server === undefined) return result;
    if (result instanceof Promise) return result.then((response) => mark(request, response, flag));
    return mark(request, result, flag);
  };
}

/** The same, but what it promises and has not answered yet can be answered before it does. */
function holding(ask: Fetch): Fetch {
  return (request, server) => {
    const result = ask(request, server);
    return result instanceof Promise && peek(result) === result ? answerable(result) : result;
  };
}
