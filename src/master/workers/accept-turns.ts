// Shares of what comes to one socket that all workers have: nobody decides there where a connection
// goes, so the workers of each part accept for their share of the time, one part after another.
import { indexesOf, type Members, type Program } from "../../core/moves/accept-group.ts";

/**
 * How long one round of all parts takes. A worker hears within a millisecond or two, unless it is
 * busy, that its turn begins or ends: with short rounds the shares would be less exact. What a
 * single burst of clients opens in a turn goes to one part.
 */
const ROUND_MS = 1000;

export interface AcceptTurn {
  readonly workers: readonly number[];
  readonly ms: number;
}

/** The turns of a program whose parts have shares; `undefined`: those that it names accept. */
export function turnsOf(program: Program, members: Members): readonly AcceptTurn[] | undefined {
  if (program === undefined || !("parts" in program) || program.parts.length < 2) return undefined;
  const whole = program.parts.reduce((sum, { weight }) => sum + weight, 0);
  return program.parts.map(({ weight, indexes }) => ({
    workers: workersAt(indexes, members),
    ms: (ROUND_MS * weight) / whole,
  }));
}

/** The workers that a program names; `undefined`: there is none. */
export function namedBy(program: Program, members: Members): readonly number[] | undefined {
  const indexes = indexesOf(program);
  return indexes && workersAt(indexes, members);
}

function workersAt(indexes: readonly (number | undefined)[], members: Members): number[] {
  return indexes.flatMap((index) => (index === undefined ? [] : (members[index] ?? [])));
}
