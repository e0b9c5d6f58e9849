// Whether a new generation fails by more than it may, and more than the old one: by requests that
// were answered badly, and by those that were not answered. What is chance is no failure.

import type { RolloutSettings } from "./settings.ts";
import type { Figures, Pair } from "./figures.ts";
import { verdictWords } from "./verdict-words.ts";

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

/** By what was answered badly. */
export function errorProblem(
  settings: RolloutSettings,
  { fresh, old }: Pair,
  troubles: number,
): string | undefined {
  const failed = fresh.errors + troubles;
  return failureProblem(settings, { fresh, failed, old, oldFailed: old.errors }, troubles);
}

/** By that, and by what was not answered. */
export function silenceProblem(
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
  const isClear = rate > oldRate + Math.max(limit * CLEAR_PART, difference(oldRate, fresh, old));
  if (!isAbove(rate, limit, fresh.requests) || !isClear) return undefined;
  return verdictWords.errors(rate, limit, troubles);
}

/**
 * By how much the shares of two generations that fail alike differ by chance: three standard
 * deviations, as it is looked at each second, and one request. Clients that go away can be many.
 */
function difference(rate: number, fresh: Figures, old: Figures): number {
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

export function rateOf({ requests }: Figures, failed: number): number {
  return requests === 0 ? 0 : Math.min(1, failed / requests);
}
