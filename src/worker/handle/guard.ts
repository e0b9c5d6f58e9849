// Wraps each function of the app that answers requests. What it throws, and what it returns that is
// not a response, becomes the answer for an error here, where the request and the function are
// known: Bun would answer 204 to a forgotten return, and report an error without its request.
import type { Fetch } from "../http/layer.ts";
import { withPrintsReported } from "../app/hono-prints.ts";
import { isResponse } from "../http/native.ts";
import { coarseMs } from "../../os/coarse-clock.ts";
import type { Outcomes } from "../requests/outcome.ts";

/** Read once: reading other functions of `Bun` for the first time changes what `Bun` looks like. */
const { peek } = Bun;

type Answer = Response | Promise<Response>;

/** Answers for what a handler did wrong. */
export interface Faults {
  readonly outcomes: Outcomes;
  /** Whether the request can still be answered. */
  isLive(request: Request): boolean;
  /** The handler threw. */
  threw(error: unknown, request: Request): Answer;
  /** A framework has answered an error. Returns what it should answer instead, if anything. */
  answered(error: unknown, request: Request): Response | undefined;
  /** The handler named `where` returned something that is not a response. */
  returned(value: unknown, request: Request, where: string): Answer;
}

/**
 * The function, with all of its faults answered: it neither throws nor rejects, and `undefined`
 * always means an upgraded connection.
 * @param where its name for people: `fetch`, or a route
 */
export function guard(fetch: Fetch, where: string, faults: Faults): Fetch {
  const { outcomes } = faults;
  const ask = withPrintsReported(fetch, (error, request) => faults.answered(error, request));

  /** `await` costs half of what a `then` with two functions of its own would. */
  const settled = async (
    request: Request,
    result: PromiseLike<unknown>,
  ): Promise<Response | undefined> => {
    const sinceMs = coarseMs();
    let response: unknown;
    try {
      response = await result;
    } catch (error) {
      return faults.threw(error, request);
    }
    // Whether the client has gone is asked only once the clock has moved, every few milliseconds:
    // to ask costs more than answering a short request.
    if (coarseMs() !== sinceMs && !faults.isLive(request)) outcomes.noteEnd(request);
    return isResponse(response) ? response : judged(request, response);
  };

  const judged = (request: Request, value: unknown): Response | undefined | Answer => {
    if (value === undefined && outcomes.isUpgraded(request)) return undefined;
    // Bun treats a returned error like a thrown one.
    if (value instanceof Error) return faults.threw(value, request);
    return faults.returned(value, request, where);
  };

  const other = (request: Request, result: unknown): ReturnType<Fetch> => {
    if (result instanceof Promise) {
      return isResponse(peek(result)) ? (result as Promise<Response>) : settled(request, result);
    }
    if (isThenable(result)) return settled(request, result);
    return judged(request, result) as ReturnType<Fetch>;
  };

  return (request, server) => {
    let result: unknown;
    try {
      result = ask(request, server);
    } catch (error) {
      return faults.threw(error, request);
    }
    return isResponse(result) ? result : other(request, result);
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
