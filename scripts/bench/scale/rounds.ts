// Rounds that measure the same at several sizes, in an order that rotates.
import { rotated } from "../goals/subjects.ts";
import { type Bench, type Findings, repeat } from "../measure.ts";
import { type Row, skipped } from "../report.ts";
import { type Estimate, estimate } from "../statistics.ts";
import { whyNot } from "./limit.ts";

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

interface Sizes {
  readonly counts: readonly number[];
  /** How many servers have so many connections at a time. */
  readonly servers: number;
  /** What there are so many of. */
  readonly what: string;
}

/**
 * Repeats a measurement at several numbers of connections, those that this machine allows; the rows
 * say of the others why not.
 */
export async function repeatConnections<T>(
  bench: Bench,
  { counts, servers, what }: Sizes,
  measure: (count: number) => Promise<T>,
  report: (rounds: readonly SizedRound<T>[], count: number) => Row[],
): Promise<Findings> {
  const possible = counts.filter((count) => whyNot(count, servers) === undefined);
  const rounds = await repeatSized(bench, possible, measure);
  const rows = counts.flatMap((count) => {
    const why = whyNot(count, servers);
    return why === undefined ? report(rounds, count) : [skipped(`${count} ${what}`, why)];
  });
  return { rows, rounds };
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
