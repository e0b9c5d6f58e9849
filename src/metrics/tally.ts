// What a worker, or a whole generation, has answered: as much of its pages as two generations are
// compared by.
import type { Figures, Progress } from "../core/figures.ts";
import { DURATION_STEPS, longerThan, quantile } from "./durations.ts";
import {
  CLIENT_GONE,
  FIRST_ERROR,
  LAST_STATUS,
  METHODS_COUNTED,
  PAGE,
  requestPlace,
  TIMED_OUT,
  WAIT_MARKS,
} from "./page.ts";

/**
 * Its numbers only grow, so that the difference of two is what happened between them; but for
 * `waiting`, which is as it is now.
 */
export interface Tally {
  /** That have ended. */
  readonly requests: number;
  /** With a status of 500 or above, or with a body that broke off. */
  readonly errors: number;
  /** Whose clients went before they had an answer. */
  readonly gone: number;
  /** That pounce has answered when their time was up, or the app as if it was. */
  readonly timedOut: number;
  /** How many measured requests took how long, by the steps of durations.ts. */
  readonly durations: Float64Array;
  /** How many wait for longer than each of `WAIT_MARKS`. */
  readonly waiting: Float64Array;
  /** No page has it: the master sees it. */
  readonly progress: Progress;
}

export const NO_TALLY: Tally = {
  requests: 0,
  errors: 0,
  gone: 0,
  timedOut: 0,
  durations: new Float64Array(DURATION_STEPS),
  waiting: new Float64Array(WAIT_MARKS.length),
  progress: { watchedMs: 0, stalledMs: 0, longStalls: 0 },
};

/** @param page of one worker */
export function tallyOf(page: Float64Array): Tally {
  return {
    requests: sumOf(page, PAGE.requests),
    errors: answersIn(page, FIRST_ERROR, LAST_STATUS) + (page[PAGE.brokenStreams] ?? 0),
    gone: answersIn(page, CLIENT_GONE, CLIENT_GONE),
    timedOut: answersIn(page, TIMED_OUT, TIMED_OUT),
    durations: page.slice(PAGE.durations, PAGE.durations + DURATION_STEPS),
    waiting: page.slice(PAGE.waiting, PAGE.waiting + WAIT_MARKS.length),
    progress: NO_TALLY.progress,
  };
}

/** Requests of all methods that were answered with one of these statuses. */
function answersIn(page: Float64Array, first: number, last: number): number {
  let sum = 0;
  for (let method = 0; method < METHODS_COUNTED; method++) {
    sum += sumOf(page, requestPlace(method, first), requestPlace(method, last) + 1);
  }
  return sum;
}

/** The same of a worker that has ended: nobody waits for it any more. */
export function ended(tally: Tally): Tally {
  return { ...tally, waiting: NO_TALLY.waiting };
}

export function plus(a: Tally, b: Tally): Tally {
  return { ...combined(a, b, 1), waiting: added(a.waiting, b.waiting, 1) };
}

/** What has happened since; those that wait now wait now, whenever they came. */
export function minus(a: Tally, b: Tally): Tally {
  return { ...combined(a, b, -1), waiting: a.waiting };
}

function combined(a: Tally, b: Tally, sign: 1 | -1): Omit<Tally, "waiting"> {
  return {
    requests: a.requests + sign * b.requests,
    errors: a.errors + sign * b.errors,
    gone: a.gone + sign * b.gone,
    timedOut: a.timedOut + sign * b.timedOut,
    durations: added(a.durations, b.durations, sign),
    progress: {
      watchedMs: a.progress.watchedMs + sign * b.progress.watchedMs,
      stalledMs: a.progress.stalledMs + sign * b.progress.stalledMs,
      longStalls: a.progress.longStalls + sign * b.progress.longStalls,
    },
  };
}

function added(a: Float64Array, b: Float64Array, sign: 1 | -1): Float64Array {
  return a.map((count, at) => count + sign * (b[at] ?? 0));
}

const MS_PER_SECOND = 1000;

/**
 * So many requests may be slow without a word about the others: the first ones of a new process
 * are, and of fifty requests the slowest alone would be the p99.
 */
const SLOW_ONES = 10;

/** Of less than 1000 requests, the time of all but the ten slowest. */
export function p99MsOf({ durations }: Tally): number | undefined {
  const measured = sumOf(durations);
  const part = Math.min(0.99, 1 - SLOW_ONES / measured);
  const p99 = measured > SLOW_ONES ? quantile(durations, part) : undefined;
  return p99 === undefined ? undefined : p99 * MS_PER_SECOND;
}

/**
 * @param patienceMs a request that has no answer after so long counts as one that gets none; the
 *   next longer mark is taken, and past the last one nothing counts
 */
export function figuresOf(tally: Tally, patienceMs: number): Figures {
  const { requests, errors, gone, timedOut, durations, waiting, progress } = tally;
  const mark = WAIT_MARKS.findIndex((seconds, at) => at > 0 && seconds >= patienceMs / 1000);
  const waitTooLong = waiting[mark] ?? 0;
  const tooLate = mark < 0 ? 0 : longerThan(durations, WAIT_MARKS[mark] ?? Infinity);
  // One whose client has gone may be measured later, when its handler is done with it.
  const unanswered = waitTooLong + Math.max(gone, tooLate - timedOut, 0);
  return {
    requests: requests + waitTooLong,
    errors,
    unanswered,
    pending: waiting[0] ?? 0,
    p99Ms: p99MsOf(tally),
    ...(progress.watchedMs > 0 && { progress }),
  };
}

/** By index, as a page has thousands of numbers: an iterator takes many times as long. */
function sumOf(numbers: Float64Array, from = 0, to = numbers.length): number {
  let sum = 0;
  for (let index = from; index < to; index++) sum += numbers[index] ?? 0;
  return sum;
}
