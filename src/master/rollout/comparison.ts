// Compares two generations by what the pages of their workers say. The core asks for it (effects
// `begin-comparison`, `measure`, `end-comparison`); what a measurement means is in core/verdict.ts.
import type { EffectOf } from "../../core/effects.ts";
import type { Comparison, Pair } from "../../core/figures.ts";
import { patienceMs } from "../../core/verdict.ts";
import { figuresOf, minus, p99MsOf, type Tally } from "../../metrics/tally.ts";

/** How far the last seconds of a comparison go back. */
const RECENT_MS = 10_000;

/** What both generations have done so far. */
interface Sample {
  readonly atMs: number;
  readonly fresh: Tally;
  readonly old: Tally;
}

/** Where the numbers come from: what all workers of a generation have done so far. */
export interface Tallies {
  tally(generation: number): Tally;
}

interface Running {
  readonly old: number;
  /** The old generation is judged by its whole life: it does nothing new. */
  readonly isOldWhole: boolean;
  /** Before the comparison. */
  readonly first: Sample;
  /** Of the last seconds, oldest first; never empty. */
  samples: readonly Sample[];
}

export class Comparisons {
  readonly #running = new Map<number, Running>();

  /** @param nowMs any clock that never goes back */
  constructor(
    readonly tallies: Tallies,
    readonly nowMs: () => number,
  ) {}

  begin({ generation, old, oldSince }: EffectOf<"begin-comparison">): void {
    const first = this.#sample(generation, old);
    const isOldWhole = oldSince === "its-start";
    this.#running.set(generation, { old, isOldWhole, first, samples: [first] });
  }

  end(generation: number): void {
    this.#running.delete(generation);
  }

  /** `undefined`: nothing is known of how it was at the beginning. */
  measure(generation: number): Comparison | undefined {
    const running = this.#running.get(generation);
    if (running === undefined) return undefined;
    const { first, samples, old, isOldWhole } = running;
    const now = this.#sample(generation, old);
    const [before, ...later] = recent(samples, now.atMs);
    running.samples = [before, ...later, now];
    const pair = (since: Sample): Pair => {
      const beside = isOldWhole ? now.old : minus(now.old, since.old);
      const patience = patienceMs(p99MsOf(beside));
      return {
        fresh: figuresOf(minus(now.fresh, since.fresh), patience),
        old: figuresOf(beside, patience),
      };
    };
    return { whole: pair(first), recent: pair(before) };
  }

  #sample(fresh: number, old: number): Sample {
    const { tallies } = this;
    return { atMs: this.nowMs(), fresh: tallies.tally(fresh), old: tallies.tally(old) };
  }
}

/**
 * Forgets samples that are not needed any more: the first that is kept is the last one of those
 * that are old enough, or the very first.
 */
function recent(samples: readonly Sample[], nowMs: number): [Sample, ...Sample[]] {
  const lastOld = samples.findLastIndex(({ atMs }) => nowMs - atMs >= RECENT_MS);
  const [first, ...later] = samples.slice(Math.max(0, lastOld));
  if (first === undefined) throw new Error("a comparison has no beginning");
  return [first, ...later];
}
