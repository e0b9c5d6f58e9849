// Medians, percentiles and how sure they are.

export interface Estimate {
  readonly median: number;
  /** The 95 % interval of the median. */
  readonly low: number;
  readonly high: number;
  /** How many values there are, where they are too few for an interval: it is their range. */
  readonly few?: number;
}

/** With fewer, the range of the values has the true median in it in less than 95 % of cases. */
export const LEAST_FOR_INTERVAL = 6;

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The percentile with linear interpolation between neighbours. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted(ascending);
  const position = ((sorted.length - 1) * percent) / 100;
  const below = at(sorted, Math.floor(position));
  const above = at(sorted, Math.ceil(position));
  return below + (above - below) * (position % 1);
}

/**
 * The median with its interval by ranks, which assumes nothing about how the values are spread:
 * each is as likely above the true median as below. With few values it is their whole range.
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = values.toSorted(ascending);
  const cut = Math.max(0, ranksOutside(sorted.length) - 1);
  return {
    median: median(sorted),
    low: at(sorted, cut),
    high: at(sorted, sorted.length - 1 - cut),
    ...(sorted.length < LEAST_FOR_INTERVAL ? { few: sorted.length } : {}),
  };
}

/** What was counted, not estimated. */
export function exactly(value: number): Estimate {
  return { median: value, low: value, high: value };
}

/** The estimate of a ratio, from pairs that were measured together. */
export function estimateRatio(over: readonly number[], under: readonly number[]): Estimate {
  return estimate(over.map((value, index) => value / at(under, index)));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many values at each end a 95 % interval leaves out, plus one. */
function ranksOutside(count: number): number {
  let probability = 0.5 ** count;
  let below = 0;
  for (let rank = 0; rank < count / 2; rank += 1) {
    below += probability;
    if (below > 0.025) return rank;
    probability *= (count - rank) / (rank + 1);
  }
  return 0;
}

function ascending(a: number, b: number): number {
  return a - b;
}

function at(sorted: readonly number[], index: number): number {
  return sorted[index] ?? Number.NaN;
}
