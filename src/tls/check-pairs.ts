// Checks several certificates side by side: a client says which name it wants (SNI), and gets the
// certificate for that; who says none, or an unknown one, gets the first.
import type { Pair } from "./check-pair.ts";
import { grouped } from "./served.ts";

/** The number of a pair, from 0, and a sentence without a subject about its certificate. */
export interface PairsProblem {
  readonly index: number;
  readonly words: string;
}

export interface PairsResult {
  readonly errors: readonly PairsProblem[];
  readonly warnings: readonly PairsProblem[];
}

export function checkPairs(pairs: readonly Pair[]): PairsResult {
  const errors: PairsProblem[] = [];
  const warnings: PairsProblem[] = [];
  const owners = new Map<string, number>();
  const groups = grouped(pairs);
  const groupOf = (pair: Pair | undefined): number =>
    groups.findIndex((group) => group.some((it) => it === pair));
  for (const [index, pair] of pairs.entries()) {
    const { info } = pair;
    if (index > 0 && info.names.length === 0) {
      const words = `names no DNS name (${info.label}), so nobody could ask for it: list it first`;
      errors.push({ index, words });
    }
    for (const name of info.names) {
      const owner = owners.get(name);
      if (owner === undefined) {
        owners.set(name, index);
      } else if (groupOf(pairs[owner]) !== groupOf(pair)) {
        const words = `is for ${name}, and so is number ${owner + 1} in the list, which is used`;
        warnings.push({ index, words });
      }
    }
  }
  return { errors, warnings };
}
