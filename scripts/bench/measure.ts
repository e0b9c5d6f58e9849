// What every measurement is given, and the note that a measurement makes while it runs.
import type { Row } from "./report.ts";
import type { Workspace } from "./workspace.ts";

export interface Bench {
  readonly workspace: Workspace;
  /** How often a comparison is repeated. */
  readonly rounds: number;
  /** How long one throughput measurement lasts. */
  readonly seconds: number;
  /** What a measurement finds for the manual is written there. */
  readonly isWritten: boolean;
}

export type Measure = (bench: Bench) => Promise<Row[]>;

/** Connections of a load that stay open. */
export const CONNECTIONS = 64;

export function note(text: string): void {
  console.log(`  ${text}`);
}
