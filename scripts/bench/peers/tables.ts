// The outcomes as two tables in Markdown, each of which fits 100 columns.
import {
  CHANGES,
  type Figure,
  formatSpread,
  LOSSES,
  type LossFigure,
  STEADY,
  withCommas,
} from "./figures.ts";
import type { Outcome } from "./outcome.ts";

const NONE = "–";

export function steadyTable(outcomes: readonly Outcome[]): string {
  return markdown(
    ["", ...STEADY.map(({ title }) => title)],
    outcomes.map((outcome) => [outcome.name, ...STEADY.map((it) => figureCell(outcome, it))]),
  );
}

export function changesTable(outcomes: readonly Outcome[]): string {
  return markdown(
    ["", ...CHANGES.map(({ title }) => title), ...LOSSES.map(({ title }) => title)],
    outcomes.map((outcome) => [
      outcome.name,
      ...CHANGES.map((it) => figureCell(outcome, it)),
      ...LOSSES.map((it) => lossCell(outcome, it)),
    ]),
  );
}

function figureCell(outcome: Outcome, figure: Figure): string {
  const estimate = figure.of(outcome);
  return estimate === undefined ? NONE : formatSpread(estimate, figure);
}

/** A star stands for reloads that did not end. */
function lossCell(outcome: Outcome, { of }: LossFigure): string {
  const losses = of(outcome);
  if (losses === undefined) return NONE;
  const all = losses.answered + losses.lost;
  return `${withCommas(losses.lost)} of ${withCommas(all)}${losses.unfinished > 0 ? " *" : ""}`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(head), rule, ...rows.map(line)].join("\n");
}
