// Random choices that can be repeated: the same seed makes the same ones.
import { Random as Numbers } from "../../../src/prove/load/random.ts";

export class Random extends Numbers {
  constructor(readonly seed: number) {
    super(seed);
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** Whether something of this probability happens. */
  is(probability: number): boolean {
    return this.next() < probability;
  }

  of<T>(all: readonly T[]): T {
    const one = all[this.below(all.length)];
    if (one === undefined) throw new Error("nothing to choose from");
    return one;
  }
}
