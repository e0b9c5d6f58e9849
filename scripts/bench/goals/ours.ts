// The figure of pounce in each round, and of the older executable where `--against` names one.
import { type Estimate, estimate, estimateRatio } from "../statistics.ts";
import type { Ours } from "./subjects.ts";

interface Pair {
  readonly measured: Estimate;
  readonly before?: Estimate;
  /** Of the two, round by round. */
  readonly change?: Estimate;
}

export function pairOf(hasBefore: boolean, figures: (name: Ours) => readonly number[]): Pair {
  const measured = figures("pounce");
  if (!hasBefore) return { measured: estimate(measured) };
  const before = figures("before");
  return {
    measured: estimate(measured),
    before: estimate(before),
    change: estimateRatio(measured, before),
  };
}
