// Whether a new generation is worse than the old one, by what both did over the same time. Pure
// arithmetic: who is asked when, and what follows, is in rules/canary.ts and rules/bake.ts.

import type { RolloutSettings } from "./settings.ts";
import { verdictWords } from "./verdict-words.ts";

/** What the workers of one generation did in a stretch of time. */
export interface Figures {
  /** Requests that have ended, and those that have waited longer than `patienceMs`. */
  readonly requests: number;
  /**
   * Of those, the ones that the server failed to answer: with a status of 500 or above, or with a
   * body that broke off.
   */
  readonly errors: number;
  /**
   * Of those, the ones without an answer: their clients went before it, or it had not begun after
   * `patienceMs`.
   */
  readonly unanswered: number;
  /** Requests that wait for an answer now, for however long. */
  readonly pending: number;
  /**
   * The time in which 99 of 100 requests were answered; if they are few, all but the ten slowest.
   * `undefined`: too few were measured.
   */
  readonly p99Ms: number | undefined;
  /** How its workers got on; left out: nobody can see. */
  readonly progress?: Progress;
}

/** Whether the event loops of workers turned, as the watchdog saw it, while they served. */
export interface Progress {
  /** For how long all workers together were watched, in milliseconds. */
  readonly watchedMs: number;
  /** For how long of it they stood still. */
  readonly stalledMs: number;
  /** How often one stood still for `LONG_STALL_MS`. */
  readonly longStalls: number;
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

/**
 * That a client goes before its answer is normal, and takes no fault of the server's: a share of
 * requests without an answer that every limit allows for.
 */
const LEAST_UNANSWERED_RATE = 0.01;

/** A request has waited for too long after so many times the old generation's p99, */
const PATIENT_TIMES = 10;
/** but not before that, in milliseconds; */
const LEAST_PATIENCE_MS = 2000;
/** and if that p99 is not known, after that. */
const UNKNOWN_PATIENCE_MS = 10_000;

/** That most of so many requests, or of more, got no answer is no chance. */
const LEAST_SILENCE = 3;

/** A worker that stands still for so long has lost its clients, in milliseconds. */
export const LONG_STALL_MS = 3000;
/** Workers that stand still for so much more of their time, in all for `LONG_STALL_MS`, are bad. */
const MORE_STALLED = 0.25;
/** What is normal for the old generation may be so many times as much in the new one. */
const STALLED_TIMES = 2;

/** Below this a difference of latencies is noise, whatever its ratio, in milliseconds. */
const LEAST_LATENCY_MS = 5;

/**
 * After how long a request counts as one that gets no answer. Clients who wait long by intention,
 * with long polls for example, make the old generation's p99 as long.
 */
export function patienceMs(oldP99Ms: number | undefined): number {
  if (oldP99Ms === undefined) return UNKNOWN_PATIENCE_MS;
  return Math.max(LEAST_PATIENCE_MS, PATIENT_TIMES * oldP99Ms);
}

/** Nobody has had an answer yet, and somebody waits for one: it is too early for a verdict. */
export function isSilent({ whole: { fresh } }: Comparison): boolean {
  return fresh.pending > 0 && fresh.requests <= fresh.unanswered;
}

/**
 * Judges by the whole comparison and by its last seconds: a version that fails late must not hide
 * behind a good beginning.
 * @param troubles crashes, and errors outside a request: each counts as a failed request
 * @param isOver no more will be measured
 */
export function judge(
  settings: RolloutSettings,
  comparison: Comparison | undefined,
  troubles: number,
  isOver = false,
): Verdict {
  const by = { comparison, troubles };
  if (comparison === undefined) return { name: "too-few", words: verdictWords.unmeasured, ...by };
  const { whole, recent } = comparison;
  const first = problemIn(settings, whole, troubles) ?? problemIn(settings, recent, 0);
  const words = figuresInWords(whole, troubles);
  if (first !== undefined) return { name: "bad", words: `${first} (${words})`, ...by };
  const { requests, unanswered } = whole.fresh;
  if (requests >= settings.minRequests && requests > 0) return { name: "good", words, ...by };
  if (isOver && isMute(whole)) {
    return { name: "bad", words: `${verdictWords.mute(unanswered, requests)} (${words})`, ...by };
  }
  return { name: "too-few", words: verdictWords.tooFew(words, settings.minRequests), ...by };
}

/** However few have asked it: most have got nothing, which was not so before. */
function isMute({ fresh, old }: Pair): boolean {
  const isMostly = ({ requests, unanswered }: Figures): boolean => unanswered > requests / 2;
  return fresh.requests >= LEAST_SILENCE && isMostly(fresh) && !isMostly(old);
}

function problemIn(settings: RolloutSettings, pair: Pair, troubles: number): string | undefined {
  // One that stands still answers nobody, and counts nothing.
  const standstill = stallProblem(pair);
  if (standstill !== undefined) return standstill;
  if (pair.fresh.requests < settings.minRequests || pair.fresh.requests === 0) return undefined;
  return (
    errorProblem(settings, pair, troubles) ??
    silenceProblem(settings, pair, troubles) ??
    latencyProblem(settings, pair)
  );
}

const NEVER_SEEN: Progress = { watchedMs: 0, stalledMs: 0, longStalls: 0 };

function stallProblem({ fresh, old }: Pair): string | undefined {
  const [now, before] = [fresh.progress ?? NEVER_SEEN, old.progress ?? NEVER_SEEN];
  if (now.longStalls > 0 && before.longStalls === 0) return verdictWords.longStall(LONG_STALL_MS);
  const [share, oldShare] = [stalledShare(now), stalledShare(before)];
  const isMore = share > oldShare * STALLED_TIMES + MORE_STALLED;
  if (now.stalledMs < LONG_STALL_MS || !isMore) return undefined;
  return verdictWords.stalled(share, oldShare);
}

function stalledShare({ watchedMs, stalledMs }: Progress): number {
  return watchedMs === 0 ? 0 : Math.min(1, stalledMs / watchedMs);
}

/** By what was answered badly. */
function errorProblem(
  settings: RolloutSettings,
  { fresh, old }: Pair,
  troubles: number,
): string | undefined {
  const failed = fresh.errors + troubles;
  return failureProblem(settings, { fresh, failed, old, oldFailed: old.errors }, troubles);
}

/** By that, and by what was not answered. */
function silenceProblem(
  settings: RolloutSettings,
  { fresh, old }: Pair,
  troubles: number,
): string | undefined {
  const { errors, unanswered, requests } = fresh;
  if (unanswered === 0) return undefined;
  const failed = errors + troubles + unanswered;
  const oldFailed = old.errors + old.unanswered;
  const counted = { fresh, failed, old, oldFailed };
  const problem = failureProblem(settings, counted, troubles, LEAST_UNANSWERED_RATE);
  return problem && `${problem}: ${verdictWords.unanswered(unanswered, requests)}`;
}

interface Counted {
  readonly fresh: Figures;
  readonly old: Figures;
  /** Of each. */
  readonly failed: number;
  readonly oldFailed: number;
}

/** @param least a share that every limit allows for */
function failureProblem(
  { maxErrorRate }: RolloutSettings,
  { fresh, failed, old, oldFailed }: Counted,
  troubles: number,
  least = 0,
): string | undefined {
  const rate = rateOf(fresh, failed);
  const oldRate = rateOf(old, oldFailed);
  if (typeof maxErrorRate !== "number") {
    const limit = Math.max(Math.max(oldRate, LEAST_RATE) * maxErrorRate.timesOld, least);
    if (!isAbove(rate, limit, fresh.requests)) return undefined;
    return verdictWords.errorsToOld(rate, maxErrorRate.timesOld, troubles);
  }
  const limit = Math.max(maxErrorRate, least);
  const isClear = rate > oldRate + Math.max(limit * CLEAR_PART, byChance(oldRate, fresh, old));
  if (!isAbove(rate, limit, fresh.requests) || !isClear) return undefined;
  return verdictWords.errors(rate, limit, troubles);
}

/**
 * By how much the shares of two generations that fail alike differ by chance: three standard
 * deviations, as it is looked at each second, and one request. Clients that go away can be many.
 */
function byChance(rate: number, fresh: Figures, old: Figures): number {
  if (rate <= 0 || rate >= 1) return 0;
  const variance = rate * (1 - rate) * (1 / fresh.requests + 1 / old.requests);
  return 3 * Math.sqrt(variance) + 1 / fresh.requests;
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

function rateOf({ requests }: Figures, failed: number): number {
  return requests === 0 ? 0 : Math.min(1, failed / requests);
}

/** @param troubles as `judge` counts them */
export function figuresInWords({ fresh, old }: Pair, troubles: number): string {
  const rates = { fresh: rateOf(fresh, fresh.errors), old: rateOf(old, old.errors) };
  const p99 = { fresh: fresh.p99Ms, old: old.p99Ms };
  const words = [verdictWords.figures(fresh.requests, rates, p99)];
  if (fresh.unanswered + old.unanswered > 0) {
    const silences = {
      fresh: rateOf(fresh, fresh.unanswered),
      old: rateOf(old, old.unanswered),
    };
    words.push(verdictWords.silences(silences));
  }
  if (troubles > 0) words.push(verdictWords.troubles(troubles));
  return words.join("; ");
}
