// The request path: kernel → Bun → here → the app. It calls the app and notes the request; while the
// worker drains it also marks responses, so that clients open their next connection to another worker.
import type { Fetch } from "./app.ts";
import type { Around } from "./around.ts";
import { type Faults, guard } from "./guard.ts";
import type { InFlight } from "./in-flight.ts";
import type { Meter } from "./meter.ts";
import type { Pace } from "./pace.ts";
import type { Pending } from "./pending.ts";
import { problem } from "./problem.ts";

/** How far a worker's drain is. One for all of its handlers. */
export interface DrainFlag {
  /** Set while responses are marked. */
  pace: Pace | undefined;
  /** The deadline has come: new requests get 503. */
  expired: boolean;
}

/** What all handlers of a worker share. */
export interface HandlerContext {
  readonly inFlight: InFlight;
  readonly meter: Meter;
  readonly flag: DrainFlag;
  readonly faults: Faults;
  /** Wraps each handler where requests are logged, or get an id. */
  readonly around: Around | undefined;
  /** Notes what each handler promises, see pending.ts; undefined: nothing does. */
  readonly pending?: Pending | undefined;
}

/**
 * The handler that Bun calls for an app's `fetch`, or for one of its routes.
 *
 * @param where what people know the function by, see guard.ts
 */
export function createHandler(fetch: Fetch, where: string, context: HandlerContext): Fetch {
  const { inFlight, meter, flag, faults, around, pending } = context;
  const call = guard(fetch, where, faults);
  const whileDraining: Fetch = (request, server) => {
    const result = flag.expired
      ? Promise.resolve(problem(503))
      : promiseOf(() => call(request, server));
    inFlight.note(request, result);
    return result.then((response) => mark(request, response, flag));
  };
  const answer: Fetch = (request, server) => {
    if (flag.pace !== undefined) return whileDraining(request, server);
    const result = call(request, server);
    inFlight.note(request, result);
    return result;
  };
  const measure: Fetch = (request, server) => {
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
  const noted = pending === undefined ? handle : pending.wrap(handle, flag);
  return around === undefined ? noted : around.wrap(noted);
}

/** What `call` returns, as a promise. */
async function promiseOf<T>(call: () => T | Promise<T>): Promise<T> {
  return call();
}

/**
 * Asks Bun to close the connection after this response, if its turn has come. Not when the app has left an upload unread:
 * the rest of it would be answered with a reset, and the client might never see the response. That
 * connection goes on, to be closed after a later request or when it has been idle for long enough.
 */
export function mark<T extends Response | undefined>(
  request: Request,
  response: T,
  { pace, expired }: DrainFlag,
): T {
  if (!(response instanceof Response)) return response;
  if (!expired && pace?.isDue(performance.now()) !== true) return response;
  const uploadIsUnread = request.body !== null && !request.bodyUsed;
  if (!uploadIsUnread) response.headers.set("connection", "close");
  return response;
}
