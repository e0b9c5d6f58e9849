// How often something took how long, in steps of half a percent: as cheap for a million requests as
// for one, and the counts of several clients can be added up.

/** Steps in each factor of e. */
const STEPS = 200;
/** Below a microsecond all is one step; the last one is two minutes and more. */
const LAST = Math.ceil(Math.log(120_000_000) * STEPS);

/** By step. */
export type Counts = Readonly<Record<number, number>>;

export class Histogram {
  readonly #counts = new Uint32Array(LAST + 1);

  /** @param counts what `toJSON` of another gave, which came in a message */
  constructor(counts: Counts = {}) {
    this.addCounts(counts);
  }

  add(ms: number): void {
    const step = ms > 0.001 ? Math.min(LAST, Math.floor(Math.log(ms * 1000) * STEPS)) : 0;
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
  }

  /** Adds what another has counted. */
  addCounts(counts: Counts): void {
    for (const [step, count] of Object.entries(counts)) {
      this.#counts[Number(step)] = (this.#counts[Number(step)] ?? 0) + count;
    }
  }

  /** The steps that were taken, each with how often. */
  toJSON(): Counts {
    const entries = [...this.#counts].flatMap((count, step) => (count > 0 ? [[step, count]] : []));
    return Object.fromEntries(entries);
  }
}

/** The percentile of several together in milliseconds, as the middle of its step. */
export function percentileMs(histograms: readonly Histogram[], percent: number): number {
  const all = new Histogram();
  for (const histogram of histograms) all.addCounts(histogram.toJSON());
  const counts = Object.entries(all.toJSON());
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.max(1, Math.ceil((total * percent) / 100));
  // The keys of an object that are whole numbers are in order.
  for (const [step, count] of counts) {
    left -= count;
    if (left <= 0) return Math.exp((Number(step) + 0.5) / STEPS) / 1000;
  }
  return Number.NaN;
}
