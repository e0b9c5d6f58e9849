// What a log entry says about a worker or a trial, for programs: the same names in each entry.
// Receipts and `status` use those of a trial, too.

import type { LogFields } from "./effects.ts";
import type { Unfinished } from "./events.ts";
import type { Worker } from "./state.ts";
import type { Comparison, Figures, Pair } from "./figures.ts";
import type { Verdict } from "./verdict.ts";

export function aboutWorker({ id, generation, slot }: Worker): LogFields {
  return { worker: id, generation, slot };
}

/** What a worker was still doing; nothing if it does not answer. */
export function aboutUnfinished(left: Unfinished | undefined): LogFields {
  if (left === undefined) return {};
  const { connections, inFlight, oldest } = left;
  const request = oldest && { method: oldest.method, path: oldest.path, age_ms: oldest.ageMs };
  return { connections, in_flight: inFlight, oldest: request };
}

/** What one generation did. */
export type FigureFields = {
  readonly requests: number;
  readonly errors: number;
  readonly unanswered: number;
  /** Null: too few were measured. */
  readonly p99_ms: number | null;
};

/** A new generation beside the old one. */
export type PairFields = {
  readonly new: FigureFields;
  readonly old: FigureFields;
};

/** The same, and of the last seconds alone. */
export type ComparisonFields = PairFields & { readonly recent: PairFields };

export type VerdictFields = {
  readonly verdict: Verdict["name"];
  readonly words: string;
  /** Crashes of the new generation, and errors that its app threw outside a request. */
  readonly troubles: number;
  /** Null: nothing could be measured. */
  readonly measured: ComparisonFields | null;
};

export function aboutVerdict({ name, words, troubles, comparison }: Verdict): VerdictFields {
  const measured = comparison === undefined ? null : aboutComparison(comparison);
  return { verdict: name, words, troubles, measured };
}

export function aboutComparison({ whole, recent }: Comparison): ComparisonFields {
  return { ...aboutPair(whole), recent: aboutPair(recent) };
}

function aboutPair({ fresh, old }: Pair): PairFields {
  return { new: aboutFigures(fresh), old: aboutFigures(old) };
}

/** Latencies are known to a few percent: two places are enough. */
function aboutFigures({ requests, errors, unanswered, p99Ms }: Figures): FigureFields {
  const rounded = p99Ms === undefined ? null : Math.round(p99Ms * 100) / 100;
  return { requests, errors, unanswered, p99_ms: rounded };
}
