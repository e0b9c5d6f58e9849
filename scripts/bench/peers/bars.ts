// What a plot shows: for each figure a panel with a bar for each server, as lengths from 0 to 1.
import {
  type Figure,
  FIGURES,
  formatValue,
  LOSSES,
  type LossFigure,
  reloadsOf,
  withCommas,
} from "./figures.ts";
import type { Outcome } from "./outcome.ts";

export interface Bar {
  readonly name: string;
  /** The end of the bar, of the longest in its panel; 0 where there is no value. */
  readonly length: number;
  /** The bar is too long for its panel, which has only its beginning. */
  readonly isCut?: true;
  /** The interval of the value on the same scale; undefined where it is a sum. */
  readonly spread?: { readonly low: number; readonly high: number };
  readonly label: string;
}

export interface Panel {
  readonly title: string;
  /** What the title leaves out, and which way is better. */
  readonly hint: string;
  readonly bars: readonly Bar[];
}

export function panelsOf(outcomes: readonly Outcome[]): Panel[] {
  return [
    ...FIGURES.map((figure) => figurePanel(outcomes, figure)),
    ...LOSSES.map((figure) => lossPanel(outcomes, figure)),
  ];
}

/** How many times the next shorter bar a bar may be long, so that the others can be told apart. */
const LONGEST = 10;

/** The value at the end of a panel: the greatest, without those that would dwarf all others. */
export function scaleOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => b - a);
  const fits = sorted.find((value, index) => value <= (sorted[index + 1] ?? value) * LONGEST);
  return fits ?? 1;
}

const CANNOT = "cannot reload";

function figurePanel(outcomes: readonly Outcome[], figure: Figure): Panel {
  const longest = scaleOf(outcomes.flatMap((outcome) => figure.of(outcome)?.high ?? []));
  const bars = outcomes.map((outcome): Bar => {
    const value = figure.of(outcome);
    if (value === undefined) return { name: outcome.name, length: 0, label: CANNOT };
    const { name } = outcome;
    const label = formatValue(value.median, figure);
    if (value.high > longest) return { name, length: 1, isCut: true, label };
    const spread = { low: value.low / longest, high: value.high / longest };
    return { name, length: value.median / longest, spread, label };
  });
  const detail = figure.detail === undefined ? "" : `${figure.detail}, `;
  return { title: figure.title, hint: `${detail}${figure.better} is better`, bars };
}

function lossPanel(outcomes: readonly Outcome[], figure: LossFigure): Panel {
  const { title, of } = figure;
  const longest = Math.max(1, ...outcomes.map((outcome) => of(outcome)?.lost ?? 0));
  const bars = outcomes.map((outcome): Bar => {
    const losses = of(outcome);
    if (losses === undefined) return { name: outcome.name, length: 0, label: CANNOT };
    const mark = losses.unfinished > 0 ? " *" : "";
    const label = `${withCommas(losses.lost)}${mark}`;
    return { name: outcome.name, length: losses.lost / longest, label };
  });
  return {
    title: `${title}, ${reloadsOf(outcomes, figure)} reloads`,
    hint: "less is better",
    bars,
  };
}
