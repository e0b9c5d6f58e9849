// What a measurement finds, as rows: each a figure with its interval and the verdict on it.
import type { Estimate } from "./statistics.ts";

/**
 * "noise" is neither: the limit lies within the interval, or two servers that are the same were
 * measured to differ.
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
  /** How far from 1 the median of the control may be. */
  readonly tolerance?: number;
}

/** From here on a control says that differences as small as our limits cannot be told. */
const TOLERANCE = 0.01;

/** A row with its verdict. */
export function judged({ tolerance = TOLERANCE, ...figure }: Requirement): Row {
  const isOff = figure.control !== undefined && isNoisy(figure.control, tolerance);
  return { ...figure, verdict: isOff ? "noise" : verdictOn(figure.measured, figure.limit) };
}

/** A row that explains another one and has no limit of its own. */
export function shown(figure: Figure): Row {
  return { ...figure, verdict: "shown" };
}

/** What was not measured, and why. */
export function skipped(requirement: string, why: string): Row {
  return { requirement, unit: "count", detail: why, verdict: "skipped" };
}

/** Whether two servers that are the same were measured to be further apart than we want to see. */
export function isNoisy(control: Estimate, tolerance = TOLERANCE): boolean {
  // Not `> tolerance`: a control that could not be measured says nothing.
  return !(Math.abs(control.median - 1) <= tolerance);
}

function verdictOn({ median, low, high }: Estimate, limit: Limit): Verdict {
  // What could not be measured is no success.
  if (Number.isNaN(median)) return "MISSED";
  const [isLowFine, isHighFine] = [meets(low, limit), meets(high, limit)];
  if (isLowFine && isHighFine) return "ok";
  return isLowFine || isHighFine ? "noise" : "MISSED";
}

function meets(value: number, limit: Limit): boolean {
  return "atMost" in limit ? value <= limit.atMost : value >= limit.atLeast;
}
