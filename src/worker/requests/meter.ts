// Counts requests for the metrics, in the page that the master reads.
//
// Status and method are counted for every request, once it is known to have ended (in-flight.ts),
// which takes no hook on the request path. Durations and sizes do take one, so under load only some
// requests are measured, and each counts for several.
import {
  durationIndex,
  PAGE,
  PAGE_LENGTH,
  rejectionIndex,
  type Rejection,
  requestIndex,
  WAIT_MARKS,
} from "../../metrics/page.ts";
import { machineMs } from "../../os/clock.ts";
import { isResponse } from "../http/native.ts";
import { responseSize } from "./response-size.ts";

/**
 * Up to this many requests a second, each is measured. If more come before the rate is known, as to
 * a worker that has just started, each `MEASURED` further ones make the weight twice as large.
 */
const MEASURE_ALL_UP_TO = 1000;
/**
 * Above that, about this many a second are measured: measuring one takes as long as answering
 * another.
 */
const MEASURED = 250;

/**
 * How often a worker counts a turn of its event loop: one that works, and one that rests. A wake-up
 * costs a tenth of a millisecond of CPU. That of a rest is longer than half a second, so that the
 * tick of each second makes every second one needless.
 */
const TURN_MS = 100;
const REST_MS = 550;

// An app may replace them.
const { setInterval, clearInterval } = globalThis;

/** Methods whose requests have no body worth reading their headers for. */
const WITHOUT_BODY = new Set(["GET", "HEAD", "OPTIONS"]);

/** How a worker is doing, once a second. */
interface Pulse {
  readonly inFlight: number;
  readonly connections: number;
  readonly lagMs: number;
  /** For how long requests have waited for their answers, in milliseconds. */
  readonly waitsMs: readonly number[];
}

export class Meter {
  /** How many requests to skip before measuring the next one. The handler counts it down. */
  unmeasured = 0;
  /** How many requests a measured one counts for. */
  #weight = 1;
  #ended = 0;
  /** How many requests have been measured since the last tick. */
  #taken = 0;
  #turns: ReturnType<typeof setInterval> | undefined;
  /** It has had no client for a second. */
  #isResting = false;

  constructor(readonly page: Float64Array) {}

  /** The current request is measured. Returns how many requests it counts for. */
  take(): number {
    if (this.#isResting) this.#turnEach(TURN_MS);
    this.#taken++;
    if (this.#taken > MEASURE_ALL_UP_TO && this.#taken % MEASURED === 0) this.#weight *= 2;
    this.unmeasured = this.#weight - 1;
    return this.#weight;
  }

  /**
   * A measured request has its response, or failed.
   * @param startedMs as `performance.now()` gives it
   * @param weight as `take` returned it when the request came
   */
  measured(request: Request, response: unknown, startedMs: number, weight: number): void {
    const size = isResponse(response) ? responseSize(request, response) : 0;
    this.took(startedMs, size ?? 0, weight);
    if (WITHOUT_BODY.has(request.method)) return;
    // Not `request.body`, which would turn an upload that the app has left unread into a stream.
    this.uploaded(Number(request.headers.get("content-length")), weight);
  }

  /**
   * A measured request has been answered.
   * @param bytes of the answer
   */
  took(startedMs: number, bytes: number, weight: number): void {
    const seconds = (performance.now() - startedMs) / 1000;
    this.#add(durationIndex(seconds), weight);
    this.#add(PAGE.durationSum, seconds * weight);
    this.#add(PAGE.responseBytes, bytes * weight);
  }

  /** A measured request has said how many bytes its body has. */
  uploaded(bytes: number, weight: number): void {
    if (bytes > 0) this.#add(PAGE.requestBytes, bytes * weight);
  }

  /** A request has ended. @param status that its client got, see outcome.ts */
  ended({ method }: { readonly method: string }, status: number): void {
    this.#ended++;
    this.#add(requestIndex(method, status), 1);
  }

  /** A stream of the app has failed: as a rule the body of a response, which broke off. */
  streamFailed(): void {
    this.#add(PAGE.brokenStreams, 1);
  }

  /** A WebSocket has come from another worker. */
  carried(): void {
    this.#add(PAGE.carriedWebSockets, 1);
  }

  /** WebSockets were closed that were to go to another worker. */
  notCarried(count: number): void {
    this.#add(PAGE.notCarriedWebSockets, count);
  }

  /** pounce has ended a request or a connection, for one of its limits. */
  rejected(reason: Rejection): void {
    this.#add(rejectionIndex(reason), 1);
  }

  /** From now on the master can see that the event loop turns. */
  countTurns(): void {
    this.#turnEach(TURN_MS);
  }

  #turnEach(ms: number): void {
    clearInterval(this.#turns);
    this.#isResting = ms === REST_MS;
    this.page[PAGE.turnEachMs] = ms;
    this.#turn();
    this.#turns = setInterval(() => this.#turn(), ms).unref();
  }

  #turn(): void {
    this.page[PAGE.turnedMs] = machineMs();
    this.#add(PAGE.turns, 1);
  }

  /** A worker without clients rests until the next request, which is measured: see `take`. */
  #rest({ inFlight, connections }: Pulse): void {
    if (this.#turns === undefined) return;
    const isIdle = this.#ended + this.#taken + inFlight + connections === 0;
    if (isIdle !== this.#isResting) return this.#turnEach(isIdle ? REST_MS : TURN_MS);
    this.#turn();
    this.#turns.refresh();
  }

  /** Notes how the worker is doing. Call it about once a second. */
  tick(pulse: Pulse): void {
    this.#rest(pulse);
    const { inFlight, connections, lagMs, waitsMs } = pulse;
    const nowMs = machineMs();
    const seconds = (nowMs - (this.page[PAGE.tickedMs] ?? 0)) / 1000;
    const rate = this.#ended / seconds;
    this.#weight = rate > MEASURE_ALL_UP_TO ? Math.round(rate / MEASURED) : 1;
    this.unmeasured = Math.min(this.unmeasured, this.#weight - 1);
    this.#ended = 0;
    this.#taken = 0;
    this.page[PAGE.inFlight] = inFlight;
    this.page[PAGE.connections] = connections;
    this.page[PAGE.lag] = lagMs / 1000;
    this.page[PAGE.tickedMs] = nowMs;
    for (const [at, mark] of WAIT_MARKS.entries()) {
      const count = waitsMs.filter((ms) => ms >= mark * 1000).length;
      this.page[PAGE.waiting + at] = count;
    }
  }

  #add(index: number, value: number): void {
    this.page[index] = (this.page[index] ?? 0) + value;
  }
}

/**
 * A meter on the page that the master has given, or, where that is impossible, on one that nobody
 * reads.
 */
export function openMeter(page: () => Float64Array): Meter {
  try {
    return new Meter(page());
  } catch {
    return new Meter(new Float64Array(PAGE_LENGTH));
  }
}
