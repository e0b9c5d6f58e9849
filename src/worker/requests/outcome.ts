// What became of a request: the one place that knows, for metrics and access log alike. Most often
// the status is that of what the handler returned; what Bun or pounce did past the handler is noted
// here.
import { CLIENT_GONE } from "../../metrics/page.ts";
import { isResponse } from "../http/native.ts";

const SWITCHING_PROTOCOLS = 101;
const TOO_LARGE = 413;
const INTERNAL_ERROR = 500;

export class Outcomes {
  readonly #noted = new WeakMap<Request, number>();
  /** Whether there is any, so that most servers never look. */
  #hasNoted = false;

  /** A client got another status than the handler's result has. The first one noted counts. */
  note(request: Request, status: number): void {
    if (this.#noted.has(request)) return;
    this.#hasNoted = true;
    this.#noted.set(request, status);
  }

  /** The connection became a WebSocket. */
  noteUpgrade(request: Request): void {
    this.note(request, SWITCHING_PROTOCOLS);
  }

  isUpgraded(request: Request): boolean {
    return this.#hasNoted && this.#noted.get(request) === SWITCHING_PROTOCOLS;
  }

  /**
   * Notes of a request that ended before its handler did how it ended: the client has gone, or Bun
   * has refused its body.
   *
   * @returns false when neither is so
   */
  noteEnd(request: Request): boolean {
    const status = statusAtEnd(request);
    if (status !== undefined) this.note(request, status);
    return status !== undefined;
  }

  /**
   * The status that a client got, as far as there is one. What is still pending when the request
   * has ended nobody got.
   *
   * @param result what the handler returned, or has promised
   */
  statusOf(request: Request, result: unknown): number {
    const noted = this.#hasNoted ? this.#noted.get(request) : undefined;
    if (noted !== undefined) return noted;
    if (isResponse(result)) return statusSent(result);
    if (!(result instanceof Promise)) return INTERNAL_ERROR;
    const settled: unknown = Bun.peek(result);
    if (isResponse(settled)) return statusSent(settled);
    if (settled !== result) return INTERNAL_ERROR;
    return statusAtEnd(request) ?? CLIENT_GONE;
  }
}

/** How a request ended that has no answer of its handler's; `undefined` when nothing tells. */
function statusAtEnd({ signal, headers }: Request): number | undefined {
  if (signal.aborted) return CLIENT_GONE;
  return headers.has("transfer-encoding") ? TOO_LARGE : undefined;
}

/** Bun cannot send `Response.error()`, whose status is 0. */
function statusSent({ status }: Response): number {
  return status === 0 ? INTERNAL_ERROR : status;
}
