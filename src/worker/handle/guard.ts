// Wraps each function of the app that answers requests. What it throws, and what it returns that is
// not a response, becomes the answer for an error here, where the request and the function are
// known: Bun would answer 204 to a forgotten return, and report an error without its request.
import type { Fetch } from "../http/layer.ts";
import { withPrintsReported } from "../app/hono-prints.ts";
import { bodyOf, isResponse } from "../http/native.ts";
import { isStream } from "../http/response-body.ts";
import { coarseMs } from "../../os/coarse-clock.ts";
import { answerableBy } from "../requests/answerable.ts";
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

export interface GuardOptions {
  /** Its name for people: `fetch`, or a route. */
  readonly where: string;
  /** Whether what it promises can be answered before it does, see answerable.ts. */
  readonly isAnswerable: boolean;
}

/**
 * The function, with all of its faults answered: it neither throws nor rejects, and `undefined`
 * always means an upgraded connection.
 */
export function guard(fetch: Fetch, { where, isAnswerable }: GuardOptions, faults: Faults): Fetch {
  const { outcomes } = faults;
  const ask = withPrintsReported(fetch, (error, request) => faults.answered(error, request));

  /**
   * `await` costs half of what a `then` with two functions of its own would.
   * @param answer gets the answer too, where something else may have answered before
   */
  const settled = async (
    request: Request,
    result: PromiseLike<unknown>,
    answer?: (response: Answer | undefined) => void,
  ): Promise<Response | undefined> => {
    const sinceMs = coarseMs();
    let value: unknown;
    let failed: Answer | undefined;
    try {
      value = await result;
      // Whether the client has gone is asked only once the clock has moved, every few milliseconds:
      // to ask costs more than answering a short request.
      if (coarseMs() !== sinceMs && !faults.isLive(request)) outcomes.noteEnd(request);
    } catch (error) {
      failed = faults.threw(error, request);
    }
    const response = failed ?? (isResponse(value) ? value : judged(request, value));
    if (answer === undefined) return response;
    answer(response);
    if (outcomes.isOfLimit(request)) discard(await response);
    return undefined;
  };

  /** @returns a promise that can be answered */
  const answerably: typeof settled = (request, result) =>
    answerableBy((answer) => void settled(request, result, answer));

  const follow = isAnswerable ? answerably : settled;

  const judged = (request: Request, value: unknown): Response | undefined | Answer => {
    if (value === undefined && outcomes.isUpgraded(request)) return undefined;
    // Bun treats a returned error like a thrown one.
    if (value instanceof Error) return faults.threw(value, request);
    return faults.returned(value, request, where);
  };

  const other = (request: Request, result: unknown): ReturnType<Fetch> => {
    if (result instanceof Promise) {
      return isResponse(peek(result)) ? (result as Promise<Response>) : follow(request, result);
    }
    if (isThenable(result)) return follow(request, result);
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

/** An answer that came too late: what it would have been read from is let go. */
function discard(response: Response | undefined): void {
  if (response === undefined || !isStream(response)) return;
  bodyOf(response)
    ?.cancel()
    .catch(() => undefined);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
