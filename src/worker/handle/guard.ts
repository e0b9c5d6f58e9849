// Goes around each function of the app that answers requests. What it throws, and what it returns
// that is no response, becomes the answer for an error here, where the request and the function are
// known: Bun would answer 204 to a forgotten return, and tell of an error without its request.
import type { Fetch } from "../http/layer.ts";
import { withPrintsTold } from "../app/hono-prints.ts";
import { isResponse } from "../http/native.ts";
import type { Outcomes } from "../requests/outcome.ts";

type Answer = Response | Promise<Response>;

/** Answers for what a handler did wrong. */
export interface Faults {
  readonly outcomes: Outcomes;
  /** Whether the request can still be answered. */
  isLive(request: Request): boolean;
  /** The handler threw. */
  threw(error: unknown, request: Request): Answer;
  /** A framework has answered for an error. */
  answered(error: unknown, request: Request): void;
  /** The handler named `where` returned what is no response. */
  returned(value: unknown, request: Request, where: string): Answer;
}

/**
 * A client that goes away sooner is not looked for: to look costs more than to answer a short
 * request.
 */
const LEAST_MS = 5;

/**
 * The function with all that it does wrong answered for: it never throws nor rejects, and
 * `undefined` stands for an upgraded connection alone.
 *
 * @param where what people know it by: `fetch`, or a route
 */
export function guard(fetch: Fetch, where: string, faults: Faults): Fetch {
  const { outcomes } = faults;
  const ask = withPrintsTold(fetch, (error, request) => faults.answered(error, request));

  const settled = (
    request: Request,
    response: unknown,
    sinceMs: number,
  ): Response | undefined | Answer => {
    const mayHaveEnded = performance.now() - sinceMs > LEAST_MS;
    if (mayHaveEnded && !faults.isLive(request)) outcomes.noteEnd(request);
    return isResponse(response) ? response : judged(request, response);
  };

  const judged = (request: Request, value: unknown): Response | undefined | Answer => {
    if (value === undefined && outcomes.isUpgraded(request)) return undefined;
    // Bun takes an error that is returned as one that is thrown.
    if (value instanceof Error) return faults.threw(value, request);
    return faults.returned(value, request, where);
  };

  const other = (request: Request, result: unknown): ReturnType<Fetch> => {
    if (!isThenable(result)) return judged(request, result) as ReturnType<Fetch>;
    if (result instanceof Promise && isResponse(Bun.peek(result))) {
      return result as Promise<Response>;
    }
    const sinceMs = performance.now();
    // `then` of what is no promise may return nothing.
    return Promise.resolve(result).then(
      (response) => settled(request, response, sinceMs),
      (error: unknown) => faults.threw(error, request),
    ) as Promise<Response | undefined>;
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

function isThenable(value: unknown): value is Promise<unknown> {
  if (value instanceof Promise) return true;
  return typeof value === "object" && value !== null && "then" in value;
}
