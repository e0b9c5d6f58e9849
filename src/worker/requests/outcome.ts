// How each request ended: the only place that knows, for both metrics and access log. Mostly the
// status is that of what the handler returned; what Bun or pounce did instead of the handler is
// noted here.
import { CLIENT_GONE } from "../../metrics/page.ts";
import { isResponse } from "../http/native.ts";
import type { Tracked } from "./in-flight.ts";
import { NodeRequest } from "./node-request.ts";

const { peek } = Bun;

const SWITCHING_PROTOCOLS = 101;
const INTERNAL_ERROR = 500;
const OF_LIMITS = new Set([408, 413, 504]);

export class Outcomes {
  readonly #noted = new WeakMap<Tracked, number>();
  /** Whether anything was noted at all, so that most servers never look. */
  #hasNoted = false;

  /** A client got a status other than the one that the handler returned. The first note counts. */
  note(request: Tracked, status: number): void {
    if (this.#noted.has(request)) return;
    this.#hasNoted = true;
    this.#noted.set(request, status);
  }

  /** The connection became a WebSocket. */
  noteUpgrade(request: Request): void {
    this.note(request, SWITCHING_PROTOCOLS);
  }

  /**
   * pounce has answered the request because of a limit: what its handler does from then on, is
   * nobody's answer, and no fault.
   */
  isOfLimit(request: Tracked): boolean {
    return this.#hasNoted && OF_LIMITS.has(this.#noted.get(request) ?? 0);
  }

  isUpgraded(request: Request): boolean {
    return this.#hasNoted && this.#noted.get(request) === SWITCHING_PROTOCOLS;
  }

  /**
   * Notes how a request ended before its handler did: the client has gone.
   * @returns false if that is not so
   */
  noteEnd(request: Request): boolean {
    const { aborted } = request.signal;
    if (aborted) this.note(request, CLIENT_GONE);
    return aborted;
  }

  /**
   * The status that a client got, if any. If the answer is still pending when the request has
   * ended, nobody got it.
   * @param result what the handler returned, or promised
   */
  statusOf(request: Tracked, result: unknown): number {
    const noted = this.#hasNoted ? this.#noted.get(request) : undefined;
    if (noted !== undefined) return noted;
    if (request instanceof NodeRequest) return request.status;
    if (isResponse(result)) return statusSent(result);
    if (!(result instanceof Promise)) return INTERNAL_ERROR;
    const settled: unknown = peek(result);
    if (isResponse(settled)) return statusSent(settled);
    if (settled !== result) return INTERNAL_ERROR;
    return CLIENT_GONE;
  }
}

/** Bun cannot send `Response.error()`, whose status is 0. */
function statusSent({ status }: Response): number {
  return status === 0 ? INTERNAL_ERROR : status;
}
