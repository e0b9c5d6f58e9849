// What a worker, or a whole generation, has answered: as much of its pages as two generations are
// compared by.
import type { Figures } from "../core/verdict.ts";
import { DURATION_STEPS, quantile } from "./durations.ts";
import { FIRST_ERROR, LAST_STATUS, METHODS_COUNTED, PAGE, requestPlace } from "./page.ts";

/** Its numbers only grow, so that the difference of two is what happened between them. */
export interface Tally {
  readonly requests: number;
  readonly errors: number;
  /** How many measured requests took how long, by the steps of durations.ts. */
  readonly durations: Float64Array;
}

export const NO_TALLY: Tally = {
  requests: 0,
  errors: 0,
  durations: new Float64Array(DURATION_STEPS),
};

/** @param page of one worker */
export function tallyOf(page: Float64Array): Tally {
  let errors = 0;
  for (let method = 0; method < METHODS_COUNTED; method++) {
    const [from, to] = [requestPlace(method, FIRST_ERROR), requestPlace(method, LAST_STATUS)];
    errors += sumOf(page, from, to + 1);
  }
  return {
    requests: sumOf(page, PAGE.requests),
    errors,
    durations: page.slice(PAGE.durations, PAGE.durations + DURATION_STEPS),
  };
}

export function plus(a: Tally, b: Tally): Tally {
  return combined(a, b, 1);
}

export function minus(a: Tally, b: Tally): Tally {
  return combined(a, b, -1);
}

function combined(a: Tally, b: Tally, sign: 1 | -1): Tally {
  return {
    requests: a.requests + sign * b.requests,
    errors: a.errors + sign * b.errors,
    durations: a.durations.map((count, step) => count + sign * (b.durations[step] ?? 0)),
  };
}

const MS_PER_SECOND = 1000;

/**
 * So many requests may be slow without a word about the others: the first ones of a new process
 * are, and of fifty requests the slowest alone would be the p99.
 */
const SLOW_ONES = 10;

/** p99: of less than 1000 requests, the time of all but the ten slowest. */
export function figuresOf({ requests, errors, durations }: Tally): Figures {
  const measured = sumOf(durations);
  const part = Math.min(0.99, 1 - SLOW_ONES / measured);
  const p99 = measured > SLOW_ONES ? quantile(durations, part) : undefined;
  return { requests, errors, p99Ms: p99 === undefined ? undefined : p99 * MS_PER_SECOND };
}

/** By index, as a page has thousands of numbers: an iterator takes ten times as long. */
function sumOf(numbers: Float64Array, from = 0, to = numbers.length): number {
  let sum = 0;
  for (let index = from; index < to; index++) sum += numbers[index] ?? 0;
  return sum;
}
