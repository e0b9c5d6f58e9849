// Verdicts on what was measured, and the table at the end.
import type { Estimate } from "./statistics.ts";

type Verdict = "ok" | "MISSED" | "within noise" | "shown" | "skipped";

export interface Row {
  readonly requirement: string;
  readonly limit: string;
  readonly measured: string;
  /** The same measurement of raw servers, or raw against raw for a ratio. */
  readonly control: string;
  readonly verdict: Verdict;
}

/** A row that explains another one and has no limit of its own. */
export function shown(requirement: string, measured: string, control = ""): Row {
  return { requirement, limit: "", measured, control, verdict: "shown" };
}

export function atMost(value: number, limit: number): Verdict {
  // Not `value > limit`: what could not be measured is no success.
  return value <= limit ? "ok" : "MISSED";
}

export function atLeast(value: number, limit: number): Verdict {
  return value >= limit ? "ok" : "MISSED";
}

/** The spread from which a control can no longer tell a difference of one percent. */
const CONTROL_SPREAD = 0.01;

/** Whether two servers that are the same were measured to be further apart than we want to see. */
export function isNoisy(control: Estimate): boolean {
  return control.low < 1 - CONTROL_SPREAD || control.high > 1 + CONTROL_SPREAD;
}

/** A ratio against its limit, with the benefit of the doubt only where the control shows noise. */
export function atLeastWithin(ratio: Estimate, limit: number, control: Estimate): Verdict {
  if (ratio.median >= limit) return "ok";
  return isNoisy(control) && ratio.high >= limit ? "within noise" : "MISSED";
}

/** The same for a ratio that must not be over its limit. */
export function atMostWithin(ratio: Estimate, limit: number, control: Estimate): Verdict {
  if (ratio.median <= limit) return "ok";
  return isNoisy(control) && ratio.low <= limit ? "within noise" : "MISSED";
}

export function formatRatio(ratio: Estimate): string {
  return `${ratio.median.toFixed(3)} [${ratio.low.toFixed(3)}, ${ratio.high.toFixed(3)}]`;
}

const COLUMNS = ["requirement", "limit", "measured", "control", "verdict"] as const;

export function table(rows: readonly Row[]): string {
  const header = Object.fromEntries(COLUMNS.map((name) => [name, name]));
  const lines: Record<string, string>[] = [header, ...rows.map((row) => ({ ...row }))];
  const widths = COLUMNS.map((name) => Math.max(...lines.map((line) => line[name]?.length ?? 0)));
  const format = (line: Record<string, string>): string =>
    COLUMNS.map((name, index) => (line[name] ?? "").padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [format(header), rule, ...lines.slice(1).map(format)].join("\n");
}
