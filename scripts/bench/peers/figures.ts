// The figures that are compared: what each is called, its unit, and which way is better.
import type { Estimate } from "../statistics.ts";
import type { Outcome } from "./outcome.ts";
import type { Losses } from "./sample.ts";

/** What the slowest can take several times over, so that nothing waits for a server's capacity. */
export const P99_RATE = 3_000;

export interface Figure {
  readonly title: string;
  /** What a plot has behind the title; a table has no room for it. */
  readonly detail?: string;
  /** Of the values: empty for a count. */
  readonly unit: string;
  readonly digits: number;
  readonly better: "more" | "less";
  readonly of: (outcome: Outcome) => Estimate | undefined;
}

export interface LossFigure {
  readonly title: string;
  readonly of: (outcome: Outcome) => Losses | undefined;
}

export const STEADY = [
  {
    title: "requests per second",
    unit: "",
    digits: 0,
    better: "more",
    of: (outcome) => outcome.requestsPerSecond,
  },
  {
    title: "CPU of a request",
    unit: "µs",
    digits: 1,
    better: "less",
    of: (outcome) => outcome.cpuMicros,
  },
  {
    title: `p99 at ${withCommas(P99_RATE)}/s`,
    unit: "ms",
    digits: 1,
    better: "less",
    of: (outcome) => outcome.p99Ms,
  },
  {
    title: "memory (PSS)",
    detail: "after the load",
    unit: "MB",
    digits: 1,
    better: "less",
    of: (outcome) => outcome.memoryMb,
  },
] as const satisfies readonly Figure[];

export const CHANGES = [
  {
    title: "start",
    detail: "to the first answer",
    unit: "ms",
    digits: 0,
    better: "less",
    of: (outcome) => outcome.startMs,
  },
  {
    title: "first new answer",
    detail: "after the reload's command",
    unit: "ms",
    digits: 0,
    better: "less",
    of: (outcome) => outcome.newAnswerMs,
  },
] as const satisfies readonly Figure[];

export const FIGURES: readonly Figure[] = [...STEADY, ...CHANGES];

export const LOSSES: readonly LossFigure[] = [
  { title: "lost, new connections", of: (outcome) => outcome.anew },
  { title: "lost, keep-alive", of: (outcome) => outcome.kept },
];

/** How many reloads each server had; one that did not end one had no more in that round. */
export function reloadsOf(outcomes: readonly Outcome[], { of }: LossFigure): number {
  return Math.max(0, ...outcomes.map((outcome) => of(outcome)?.reloads ?? 0));
}

/** Such as `9.7 µs` or `109,800`. */
export function formatValue(value: number, { unit, digits }: Figure): string {
  const number = withCommas(value, digits);
  return unit === "" ? number : `${number} ${unit}`;
}

/**
 * The median and how far the further end of its interval is from it, such as `9.7 µs ±3 %`; of one
 * round only the value.
 */
export function formatSpread(estimate: Estimate, figure: Figure): string {
  const { median, low, high, few } = estimate;
  if (few === 1) return formatValue(median, figure);
  const percent = (100 * Math.max(high - median, median - low)) / median;
  return `${formatValue(median, figure)} ±${percent.toFixed(0)} %`;
}

export function withCommas(value: number, digits = 0): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en", options);
}
