// How often something took how long, in steps of half a percent: as cheap for a million requests as
// for one, and the counts of several clients can be added up.

/** Steps in each factor of e. */
const STEPS = 200;
/** Below a microsecond all is one step; the last one is two minutes and more. */
const LAST = Math.ceil(Math.log(120_000_000) * STEPS);

export class Histogram {
  readonly #counts: Uint32Array;

  /** @param counts what `toJSON` of another gave, which came in a message */
  constructor(counts: Readonly<Record<number, number>> = {}) {
    this.#counts = new Uint32Array(LAST + 1);
    for (const [step, count] of Object.entries(counts)) this.#counts[Number(step)] = count;
  }

  add(ms: number): void {
    const step = ms > 0.001 ? Math.min(LAST, Math.floor(Math.log(ms * 1000) * STEPS)) : 0;
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
  }

  /** The steps that were taken, each with how often. */
  toJSON(): Record<number, number> {
    const entries = [...this.#counts].flatMap((count, step) => (count > 0 ? [[step, count]] : []));
    return Object.fromEntries(entries);
  }
}

/** The percentile of several together in milliseconds, as the middle of its step. */
export function percentileMs(histograms: readonly Histogram[], percent: number): number {
  const counts = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [step, count] of Object.entries(histogram.toJSON())) {
      counts.set(Number(step), (counts.get(Number(step)) ?? 0) + count);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let left = Math.max(1, Math.ceil((total * percent) / 100));
  for (const [step, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return Math.exp((step + 0.5) / STEPS) / 1000;
  }
  return Number.NaN;
}
