// What a measurement finds, as rows: each a figure with its interval and the verdict on it.
import type { Estimate } from "./statistics.ts";

/**
 * "noise" is neither: the limit lies within the interval, which is wider by as much as two servers
 * that are the same were measured to differ.
 */
export type Verdict = "ok" | "MISSED" | "noise" | "shown" | "skipped";

export type Unit = "ratio" | "ms" | "µs" | "MB" | "/s" | "count";

export type Limit = { readonly atMost: number } | { readonly atLeast: number };

interface Figure {
  readonly requirement: string;
  readonly unit: Unit;
  readonly measured: Estimate;
  /** The same ratio between two servers that are the same: 1 on a machine without noise. */
  readonly control?: Estimate;
  /** The same figure of the executable that `--against` names, measured in the same rounds. */
  readonly before?: Estimate;
  /** The ratio to it, round by round. */
  readonly change?: Estimate;
  /** What explains the figure, such as what a ratio is made of. */
  readonly detail?: string;
}

export interface Row extends Omit<Figure, "measured"> {
  /** Missing where nothing could be measured. */
  readonly measured?: Estimate;
  readonly limit?: Limit;
  readonly verdict: Verdict;
}

interface Requirement extends Figure {
  readonly limit: Limit;
}

/** A row with its verdict. */
export function judged(figure: Requirement): Row {
  return { ...figure, verdict: verdictOn(figure) };
}

/** A row that explains another one and has no limit of its own. */
export function shown(figure: Figure): Row {
  return { ...figure, verdict: "shown" };
}

/** What was not measured, and why. */
export function skipped(requirement: string, why: string): Row {
  return { requirement, unit: "count", detail: why, verdict: "skipped" };
}

function verdictOn({ measured: { median, low, high }, limit, control }: Requirement): Verdict {
  // What could not be measured is no success.
  if (Number.isNaN(median)) return "MISSED";
  const off = control === undefined ? 0 : Math.abs(control.median - 1);
  if (Number.isNaN(off)) return "noise";
  const [isLowFine, isHighFine] = [meets(low * (1 - off), limit), meets(high * (1 + off), limit)];
  if (isLowFine && isHighFine) return "ok";
  return isLowFine || isHighFine ? "noise" : "MISSED";
}

function meets(value: number, limit: Limit): boolean {
  return "atMost" in limit ? value <= limit.atMost : value >= limit.atLeast;
}
