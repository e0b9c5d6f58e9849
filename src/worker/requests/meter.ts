// Counts requests for the metrics, in the page that the master reads.
//
// Status and method are counted for every request, once it is known to have ended (in-flight.ts):
// that takes no hook on the request path. Durations and sizes do, so under load only one request in
// some is measured, and stands for as many.
import { durationIndex, PAGE, PAGE_LENGTH, requestIndex } from "../../metrics/page.ts";
import { machineMs } from "../../os/clock.ts";
import { isResponse } from "../http/native.ts";
import { responseSize } from "./response-size.ts";

/** Requests a second up to which each is measured. */
const MEASURE_ALL_UP_TO = 1000;
/**
 * About how many are measured in a second above that: to measure one takes as long as to answer
 * another.
 */
const MEASURED = 250;

/** Methods whose requests have no body that is worth a look at their headers. */
const WITHOUT_BODY = new Set(["GET", "HEAD", "OPTIONS"]);

/** How a worker is doing, once a second. */
interface Pulse {
  readonly inFlight: number;
  readonly connections: number;
  readonly lagMs: number;
}

export class Meter {
  /** Requests to come before the next one that is measured. Whoever handles them counts it down. */
  unmeasured = 0;
  /** How many requests one that is measured stands for. */
  #weight = 1;
  #ended = 0;

  constructor(readonly page: Float64Array) {}

  /** Has the request that comes now measured. Returns how many requests it stands for. */
  take(): number {
    this.unmeasured = this.#weight - 1;
    return this.#weight;
  }

  /**
   * A measured request has its response, or failed.
   *
   * @param startedMs as `performance.now()` gives it
   * @param weight as `take` gave it when the request came
   */
  measured(request: Request, response: unknown, startedMs: number, weight: number): void {
    const seconds = (performance.now() - startedMs) / 1000;
    this.#add(durationIndex(seconds), weight);
    this.#add(PAGE.durationSum, seconds * weight);
    if (isResponse(response)) {
      this.#add(PAGE.responseBytes, (responseSize(request, response) ?? 0) * weight);
    }
    if (WITHOUT_BODY.has(request.method)) return;
    // Not `request.body`, which would make a stream of an upload that the app has left unread.
    const sent = Number(request.headers.get("content-length"));
    if (sent > 0) this.#add(PAGE.requestBytes, sent * weight);
  }

  /** A request has ended. @param status that its client got, see outcome.ts */
  ended(request: Request, status: number): void {
    this.#ended++;
    this.#add(requestIndex(request.method, status), 1);
  }

  /** Notes how the worker does. To be called about once a second. */
  tick({ inFlight, connections, lagMs }: Pulse): void {
    const nowMs = machineMs();
    const seconds = (nowMs - (this.page[PAGE.tickedMs] ?? 0)) / 1000;
    const rate = this.#ended / seconds;
    this.#weight = rate > MEASURE_ALL_UP_TO ? Math.round(rate / MEASURED) : 1;
    this.unmeasured = Math.min(this.unmeasured, this.#weight - 1);
    this.#ended = 0;
    this.page[PAGE.inFlight] = inFlight;
    this.page[PAGE.connections] = connections;
    this.page[PAGE.lag] = lagMs / 1000;
    this.page[PAGE.tickedMs] = nowMs;
  }

  #add(index: number, value: number): void {
    this.page[index] = (this.page[index] ?? 0) + value;
  }
}

/**
 * A meter on the page that the master has given; on one that nobody reads where that is impossible.
 */
export function openMeter(page: () => Float64Array): Meter {
  try {
    return new Meter(page());
  } catch {
    return new Meter(new Float64Array(PAGE_LENGTH));
  }
}
