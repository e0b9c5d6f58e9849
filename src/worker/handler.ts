// The request path: kernel → Bun → here → the app. It calls the app and notes the request; while the
// worker drains it also marks responses, so that clients open their next connection to another worker.
import type { Fetch } from "./app.ts";
import type { InFlight } from "./in-flight.ts";
import type { Pace } from "./pace.ts";
import { problem } from "./problem.ts";

/** How far a worker's drain is. One for all of its handlers. */
export interface DrainFlag {
  /** Set while responses are marked. */
  pace: Pace | undefined;
  /** The deadline has come: new requests get 503. */
  expired: boolean;
}

/** What answers for an error that a handler throws. */
export type OnError = (error: unknown) => Response | Promise<Response>;

/** What all handlers of a worker share. */
export interface HandlerContext {
  readonly inFlight: InFlight;
  readonly flag: DrainFlag;
  readonly onError: OnError;
}

/** The handler that Bun calls for an app's `fetch`, or for one of its routes. */
export function createHandler(fetch: Fetch, { inFlight, flag, onError }: HandlerContext): Fetch {
  const whileDraining: Fetch = (request, server) => {
    if (flag.expired) return mark(request, problem(503), flag);
    // Bun passes what is thrown to `onError` too, but then nothing could mark the answer.
    const result = promiseOf(() => fetch(request, server)).catch(onError);
    inFlight.note(request, result);
    return result.then((response) => mark(request, response, flag));
  };
  return (request, server) => {
    if (flag.pace !== undefined) return whileDraining(request, server);
    const result = fetch(request, server);
    inFlight.note(request, result);
    return result;
  };
}

/** What `call` returns or throws, as a promise. */
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
