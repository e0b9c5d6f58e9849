// Whether a new generation is worse than the old one, by what both did over the same time. Pure
// arithmetic: who is asked when, and what follows, is in rules/canary.ts and rules/bake.ts.

import type { RolloutSettings } from "./settings.ts";
import { verdictWords } from "./verdict-words.ts";

/** What the workers of one generation did in a stretch of time. */
export interface Figures {
  /** Requests that have ended. */
  readonly requests: number;
  /** Of those, the ones that the server failed to answer: with a status of 500 or above. */
  readonly errors: number;
  /**
   * The time in which 99 of 100 requests were answered; if they are few, all but the ten slowest.
   * `undefined`: too few were measured.
   */
  readonly p99Ms: number | undefined;
}

/** A new generation beside the old one. */
export interface Pair {
  readonly fresh: Figures;
  readonly old: Figures;
}

/** Since the comparison began, and in its last seconds. */
export interface Comparison {
  readonly whole: Pair;
  readonly recent: Pair;
}

export interface Verdict {
  /** `too-few`: `min_requests` have not come. */
  readonly name: "good" | "too-few" | "bad";
  readonly words: string;
  /** By which it was found; `undefined`: nothing could be measured. */
  readonly comparison: Comparison | undefined;
  readonly troubles: number;
}

/**
 * The new generation's share of errors has to be above the limit, and above the old one's by more
 * than this part of the limit. Otherwise the fault is not the new version's: a database that is
 * gone fails both.
 */
const CLEAR_PART = 0.5;

/** A share of errors that every limit allows for: one bad answer in so many says nothing. */
const LEAST_RATE = 0.001;

/** Below this a difference of latencies is noise, whatever its ratio, in milliseconds. */
const LEAST_LATENCY_MS = 5;

/**
 * Judges by the whole comparison and by its last seconds: a version that fails late must not hide
 * behind a good beginning.
 * @param troubles crashes, and errors outside a request: each counts as a failed request
 */
export function judge(
  settings: RolloutSettings,
  comparison: Comparison | undefined,
  troubles: number,
): Verdict {
  const by = { comparison, troubles };
  if (comparison === undefined) return { name: "too-few", words: verdictWords.unmeasured, ...by };
  const { whole, recent } = comparison;
  const first = problemIn(settings, whole, troubles) ?? problemIn(settings, recent, 0);
  const words = figuresInWords(whole, troubles);
  if (first !== undefined) return { name: "bad", words: `${first} (${words})`, ...by };
  const { requests } = whole.fresh;
  if (requests >= settings.minRequests) return { name: "good", words, ...by };
  return { name: "too-few", words: verdictWords.tooFew(words, settings.minRequests), ...by };
}

function problemIn(settings: RolloutSettings, pair: Pair, troubles: number): string | undefined {
  if (pair.fresh.requests < settings.minRequests || pair.fresh.requests === 0) return undefined;
  return errorProblem(settings, pair, troubles) ?? latencyProblem(settings, pair);
}

function errorProblem(
  { maxErrorRate }: RolloutSettings,
  { fresh, old }: Pair,
  troubles: number,
): string | undefined {
  const rate = rateOf(fresh, troubles);
  const oldRate = rateOf(old, 0);
  if (typeof maxErrorRate !== "number") {
    const limit = Math.max(oldRate, LEAST_RATE) * maxErrorRate.timesOld;
    if (!isAbove(rate, limit, fresh.requests)) return undefined;
    return verdictWords.errorsToOld(rate, maxErrorRate.timesOld, troubles);
  }
  const isClear = rate > oldRate + maxErrorRate * CLEAR_PART;
  if (!isAbove(rate, maxErrorRate, fresh.requests) || !isClear) return undefined;
  return verdictWords.errors(rate, maxErrorRate, troubles);
}

/**
 * Whether a rate is above a limit by more than chance: by two standard deviations of what so many
 * requests would bring at the limit, and one request. Looked at once a second, a version whose rate
 * is half of the limit would else be found bad sooner or later. A limit of 0 leaves nothing to
 * chance.
 */
function isAbove(rate: number, limit: number, requests: number): boolean {
  if (limit <= 0 || limit >= 1) return rate > limit;
  const byChance = 2 * Math.sqrt(requests * limit * (1 - limit)) + 1;
  return rate * requests > limit * requests + byChance;
}

function latencyProblem(
  { maxLatencyRatio: most }: RolloutSettings,
  { fresh, old }: Pair,
): string | undefined {
  if (most === 0 || fresh.p99Ms === undefined || old.p99Ms === undefined) return undefined;
  const limitMs = Math.max(old.p99Ms * most, old.p99Ms + LEAST_LATENCY_MS);
  if (fresh.p99Ms <= limitMs) return undefined;
  return verdictWords.latency(fresh.p99Ms / old.p99Ms, most);
}

function rateOf({ requests, errors }: Figures, troubles: number): number {
  return requests === 0 ? 0 : Math.min(1, (errors + troubles) / requests);
}

/** @param troubles as `judge` counts them */
export function figuresInWords({ fresh, old }: Pair, troubles: number): string {
  const rates = { fresh: rateOf(fresh, 0), old: rateOf(old, 0) };
  const p99 = { fresh: fresh.p99Ms, old: old.p99Ms };
  const words = verdictWords.figures(fresh.requests, rates, p99);
  return troubles === 0 ? words : `${words}; ${verdictWords.troubles(troubles)}`;
}
