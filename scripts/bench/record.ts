// All that a run has found, for a file: `--json`. What has no value is null.
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import type { Findings } from "./measure.ts";
import type { Row } from "./report.ts";

/** Counts up when a reader of an older one could misunderstand a newer one. */
export const FORMAT = 1;

interface Machine {
  readonly processors: number;
  readonly model: string;
  readonly memoryMb: number;
  readonly kernel: string;
  /** Over the minute before the run. */
  readonly loadAverage: number;
}

export interface Record {
  readonly format: typeof FORMAT;
  /** When the run began, as in ISO 8601. */
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  /** As the executables say it. */
  readonly versions: { readonly pounce: string; readonly before?: string };
  readonly rounds: number;
  readonly measures: readonly MeasureRecord[];
}

interface MeasureRecord extends Findings {
  readonly name: string;
  readonly tookSeconds: number;
}

export function describeMachine(): Machine {
  return {
    processors: availableParallelism(),
    model: cpus()[0]?.model ?? "",
    memoryMb: Math.round(totalmem() / 1024 ** 2),
    kernel: `${process.platform} ${release()}`,
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** What an executable says of itself, such as `pounce 0.1.0 (bun 1.4.5, linux-x64, commit …)`. */
export function versionOf(executable: string): string {
  return Bun.spawnSync([executable, "--version"]).stdout.toString().trim();
}

export function rowsOf({ measures }: Pick<Record, "measures">): Row[] {
  return measures.flatMap(({ rows }) => rows);
}

/** As text. JSON has no NaN: it writes null. */
export function serialize(record: Record): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}
