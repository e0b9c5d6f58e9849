// Whether a new generation is worse than the old one, by what both did over the same time. Pure
// arithmetic: who is asked when, and what follows, is in rules/canary.ts and rules/bake.ts.

import type { Comparison, Figures, Pair, Progress } from "./figures.ts";
import { errorProblem, rateOf, silenceProblem } from "./failure-share.ts";
import type { RolloutSettings } from "./settings.ts";
import { verdictWords } from "./verdict-words.ts";

export interface Verdict {
  /** `too-few`: `min_requests` have not come. */
  readonly name: "good" | "too-few" | "bad";
  readonly words: string;
  /** By which it was found; `undefined`: nothing could be measured. */
  readonly comparison: Comparison | undefined;
  readonly troubles: number;
}

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

const isMostlySilent = ({ requests, unanswered }: Figures): boolean => unanswered > requests / 2;

/** However few have asked it: most have got nothing, which was not so before. */
function isMute({ fresh, old }: Pair): boolean {
  return fresh.requests >= LEAST_SILENCE && isMostlySilent(fresh) && !isMostlySilent(old);
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

function latencyProblem(
  { maxLatencyRatio: most }: RolloutSettings,
  { fresh, old }: Pair,
): string | undefined {
  if (most === 0 || fresh.p99Ms === undefined || old.p99Ms === undefined) return undefined;
  const limitMs = Math.max(old.p99Ms * most, old.p99Ms + LEAST_LATENCY_MS);
  if (fresh.p99Ms <= limitMs) return undefined;
  return verdictWords.latency(fresh.p99Ms / old.p99Ms, most);
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
