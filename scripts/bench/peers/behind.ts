// Where pounce is behind: said by the figures, so that no text can say otherwise.
import type { Estimate } from "../statistics.ts";
import { type Figure, FIGURES } from "./figures.ts";
import type { Outcome } from "./outcome.ts";

/** For each figure in which another server is better, by how much; empty where none is. */
export function behind(ours: Outcome, others: readonly Outcome[]): string[] {
  return FIGURES.flatMap((figure) => {
    const mine = figure.of(ours);
    if (mine === undefined) return [];
    const better = others.flatMap((other) => {
      const theirs = figure.of(other);
      if (theirs === undefined || !isBetter(theirs, mine, figure)) return [];
      return [{ name: other.name, factor: factorOf(theirs, mine, figure) }];
    });
    if (better.length === 0) return [];
    const names = better
      .toSorted((a, b) => b.factor - a.factor)
      .map(({ name, factor }) => `${name} (${factor.toFixed(factor < 10 ? 2 : 0)} times)`);
    return [`**${figure.title}**: ${names.join(", ")}`];
  });
}

/**
 * Only where the two intervals do not meet: what is within the noise is no difference, and of one
 * round nobody knows.
 */
function isBetter(theirs: Estimate, mine: Estimate, { better }: Figure): boolean {
  if (theirs.few === 1 || mine.few === 1) return false;
  return better === "more" ? theirs.low > mine.high : theirs.high < mine.low;
}

function factorOf(theirs: Estimate, mine: Estimate, { better }: Figure): number {
  return better === "more" ? theirs.median / mine.median : mine.median / theirs.median;
}
