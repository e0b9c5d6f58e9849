// Rounds that measure the same at several sizes, in an order that rotates.
import { rotated } from "../goals/subjects.ts";
import { type Bench, repeat } from "../measure.ts";
import { type Estimate, estimate } from "../statistics.ts";

/** Each size takes seconds, and what is asked is how it grows: fewer rounds than for a goal. */
const ROUNDS_SHARE = 0.25;

/** What was found in a round, by size. */
export type SizedRound<T> = Readonly<Record<number, T>>;

export function roundsOf({ rounds }: Pick<Bench, "rounds">): number {
  return Math.ceil(rounds * ROUNDS_SHARE);
}

export function repeatSized<T>(
  bench: Bench,
  sizes: readonly number[],
  measure: (size: number) => Promise<T>,
): Promise<SizedRound<T>[]> {
  return repeat(bench, roundsOf(bench), async (number) => {
    const round: Record<number, T> = {};
    for (const size of rotated(sizes, number)) round[size] = await measure(size);
    return round;
  });
}

/** A figure at one size, over all rounds. */
export function sized<T>(
  rounds: readonly SizedRound<T>[],
  size: number,
  figure: (found: T) => number,
): Estimate {
  return estimate(
    rounds.flatMap((round) => (round[size] === undefined ? [] : figure(round[size]))),
  );
}
