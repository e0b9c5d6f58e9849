// What every measurement is given, what it finds, and what it says while it runs.
import type { Progress } from "./progress.ts";
import type { Row } from "./report.ts";
import type { Workspace } from "./workspace.ts";

export interface Bench {
  readonly workspace: Workspace;
  /** How often a comparison is repeated. */
  readonly rounds: number;
  /** How long one slice of load lasts. */
  readonly seconds: number;
  /** All that can be measured, where a measurement has more to it than by default. */
  readonly isFull: boolean;
  readonly progress: Progress;
  /** What a measurement finds for the manual is written there. */
  readonly isWritten: boolean;
}

export interface Findings {
  readonly rows: readonly Row[];
  /** The figures that the rows were made of, as they were measured: what a JSON file can hold. */
  readonly rounds: readonly unknown[];
}

export interface Measure {
  readonly run: (bench: Bench) => Promise<Findings>;
  /** Measures the executable of `--against` in the same rounds. */
  readonly isComparing?: true;
  /** About how long it takes. */
  readonly seconds: (bench: Pick<Bench, "rounds" | "seconds" | "isFull">) => number;
}

/** Connections of a load that stay open. */
export const CONNECTIONS = 64;

/** Measures some rounds, and says before each how far it is. */
export async function repeat<T>(
  { progress }: Bench,
  count: number,
  measure: (number: number) => Promise<T>,
): Promise<T[]> {
  const all: T[] = [];
  for (let number = 0; number < count; number += 1) {
    progress.round(number, count);
    all.push(await measure(number));
  }
  return all;
}

// On stderr: with `--json -`, stdout is for the record alone.
export function note(text: string): void {
  console.error(`  ${text}`);
}
