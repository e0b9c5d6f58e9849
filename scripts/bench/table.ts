// The rows of a report as a table of text.
import type { Limit, Row, Unit } from "./report.ts";
import { type Estimate, LEAST_FOR_INTERVAL } from "./statistics.ts";

const DIGITS: Readonly<Record<Unit, number>> = { ratio: 3, ms: 1, µs: 2, MB: 1, "/s": 0, count: 0 };

/** A figure such as `41.2 MB`, or `0.987` for a ratio. */
export function formatValue(value: number, unit: Unit): string {
  return `${value.toFixed(DIGITS[unit])}${suffix(unit)}`;
}

/** Marks what comes from few rounds. */
const FEW = "*";

/** What the mark means: below a table that has it. */
const FEW_TEXT =
  `${FEW} from fewer than ${LEAST_FOR_INTERVAL} rounds: the range of all, not a 95 % interval; ` +
  "one round alone has no spread";

/**
 * The median and its interval, such as `41.2 [40.9, 42.0] MB`; only the one where both are one. A
 * range that stands for the interval has a mark behind it.
 */
export function formatEstimate({ median, low, high, few }: Estimate, unit: Unit): string {
  const [middle = "", from, to] = [median, low, high].map((value) => value.toFixed(DIGITS[unit]));
  const interval = from === middle && to === middle ? "" : ` [${from}, ${to}]`;
  return `${middle}${interval}${few === undefined ? "" : FEW}${suffix(unit)}`;
}

/** Such as `<= 60 ms`. */
export function formatLimit(limit: Limit, unit: Unit): string {
  const [sign, value] = "atMost" in limit ? ["<=", limit.atMost] : [">=", limit.atLeast];
  return `${sign} ${value}${suffix(unit)}`;
}

function suffix(unit: Unit): string {
  return unit === "ratio" || unit === "count" ? "" : ` ${unit}`;
}

type Cells = Readonly<Record<string, string>>;

/** The rows; those of `--against` with the executable before and the change since. */
export function table(rows: readonly Row[]): string {
  return columns(rows.map(cells));
}

function cells(row: Row): Cells {
  const { unit, limit, measured, before, change, control } = row;
  return {
    requirement: row.requirement,
    limit: limit === undefined ? "" : formatLimit(limit, unit),
    before: formatOr(before, unit),
    measured: formatOr(measured, unit),
    "measured / before": formatOr(change, "ratio"),
    control: formatOr(control, "ratio"),
    verdict: row.verdict,
    detail: row.detail ?? "",
  };
}

function formatOr(estimate: Estimate | undefined, unit: Unit): string {
  return estimate === undefined ? "" : formatEstimate(estimate, unit);
}

/**
 * Lines with a header, and without the columns that are empty in every line. What a mark in them
 * means is said below.
 */
export function columns(lines: readonly Cells[]): string {
  const names = Object.keys(lines[0] ?? {}).filter((name) => lines.some((line) => line[name]));
  const widths = names.map((name) =>
    Math.max(name.length, ...lines.map((line) => line[name]?.length ?? 0)),
  );
  const join = (texts: readonly string[]): string =>
    texts
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width));
  const body = lines.map((line) => names.map((name) => line[name] ?? ""));
  const text = [names, rule, ...body].map(join).join("\n");
  return text.includes(FEW) ? `${text}\n\n${FEW_TEXT}` : text;
}
