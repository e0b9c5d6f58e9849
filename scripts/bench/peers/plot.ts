// The panels as an SVG picture, which follows the reader's choice of light or dark.
import type { Bar, Panel } from "./bars.ts";

const COLUMNS = 2;
const MARGIN = 24;
const PANEL_WIDTH = 456;
const NAME_WIDTH = 112;
/** The longest bar; its label stands behind it. */
const BAR_WIDTH = 240;
const BAR_HEIGHT = 12;
/** Of the end of a bar that is cut, behind the cut. */
const CUT_WIDTH = 16;
const ROW_HEIGHT = 20;
/** For the title of the picture, of a panel, and below a panel. */
const HEAD_HEIGHT = 62;
const TITLE_HEIGHT = 30;
const GAP = 26;
const LINE_HEIGHT = 18;

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328 }
    .paper { fill: #ffffff }
    .head { font-size: 17px; font-weight: 600 }
    .title { font-size: 13px; font-weight: 600 }
    .quiet { fill: #59636e }
    .axis { stroke: #818b98 }
    .bar { fill: #afb8c1 }
    .ours { fill: #0969da }
    .ours-text { font-weight: 600 }
    .spread { stroke: #1f2328; stroke-width: 1.5 }
    .cut { stroke: #ffffff; stroke-width: 3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .paper { fill: #0d1117 }
      .quiet { fill: #9198a1 }
      .axis { stroke: #656c76 }
      .bar { fill: #545d68 }
      .ours { fill: #4493f8 }
      .spread { stroke: #f0f6fc }
      .cut { stroke: #0d1117 }
    }
  `;

export interface Plot {
  readonly title: string;
  readonly subtitle: string;
  /** Lines below the panels. */
  readonly notes: readonly string[];
  readonly panels: readonly Panel[];
  /** The name whose bars stand out. */
  readonly ours: string;
}

/** The upper left corner of each panel, and the height of the picture without its notes. */
export function placePanels(panels: readonly Panel[]): {
  readonly corners: readonly { readonly x: number; readonly y: number }[];
  readonly height: number;
} {
  const rows = Math.max(0, ...panels.map(({ bars }) => bars.length));
  const panelHeight = TITLE_HEIGHT + rows * ROW_HEIGHT + GAP;
  const corners = panels.map((_, index) => ({
    x: MARGIN + (index % COLUMNS) * (PANEL_WIDTH + MARGIN),
    y: HEAD_HEIGHT + MARGIN + Math.floor(index / COLUMNS) * panelHeight,
  }));
  const height = HEAD_HEIGHT + MARGIN + Math.ceil(panels.length / COLUMNS) * panelHeight;
  return { corners, height };
}

export function svg({ title, subtitle, notes, panels, ours }: Plot): string {
  const { corners, height } = placePanels(panels);
  const width = MARGIN + COLUMNS * (PANEL_WIDTH + MARGIN);
  const whole = height + notes.length * LINE_HEIGHT + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${whole}" ` +
      `width="${width}" height="${whole}" role="img">`,
    `  <title>${escaped(title)}</title>`,
    `  <style>${STYLE}</style>`,
    `  <rect class="paper" width="${width}" height="${whole}"/>`,
    text(MARGIN, 38, title, "head"),
    text(MARGIN, 60, subtitle, "quiet"),
    ...panels.flatMap((panel, index) => {
      const { x, y } = corners[index] ?? { x: 0, y: 0 };
      return panelLines(panel, x, y, ours);
    }),
    ...notes.map((note, index) => text(MARGIN, height + index * LINE_HEIGHT + 6, note, "quiet")),
    "</svg>\n",
  ].join("\n");
}

function panelLines({ title, hint, bars }: Panel, x: number, y: number, ours: string): string[] {
  const axis = x + NAME_WIDTH;
  const top = y + TITLE_HEIGHT - 6;
  const bottom = top + bars.length * ROW_HEIGHT;
  return [
    `  <text x="${x}" y="${y + 10}"><tspan class="title">${escaped(title)}</tspan>` +
      `<tspan class="quiet" dx="8">${escaped(hint)}</tspan></text>`,
    `  <line class="axis" x1="${axis}" x2="${axis}" y1="${top}" y2="${bottom}"/>`,
    ...bars.flatMap((bar, row) =>
      barLines(bar, axis, top + row * ROW_HEIGHT + ROW_HEIGHT / 2, bar.name === ours),
    ),
  ];
}

function barLines(bar: Bar, axis: number, middle: number, isOurs: boolean): string[] {
  const end = axis + rounded(bar.length * BAR_WIDTH);
  const baseline = middle + 4;
  const label = isOurs ? "ours-text" : undefined;
  const { low, high } = bar.spread ?? { low: bar.length, high: bar.length };
  const [from, to] = [axis + rounded(low * BAR_WIDTH), axis + rounded(high * BAR_WIDTH)];
  const spread = `x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"`;
  return [
    text(axis - 8, baseline, bar.name, label, "end"),
    ...(end > axis
      ? [
          `  <rect class="${isOurs ? "ours" : "bar"}" x="${axis}" y="${middle - BAR_HEIGHT / 2}" ` +
            `width="${rounded(end - axis)}" height="${BAR_HEIGHT}"/>`,
        ]
      : []),
    ...(to > from ? [`  <line class="spread" ${spread}/>`] : []),
    ...(bar.isCut === undefined ? [] : [cutLine(end - CUT_WIDTH, middle)]),
    text(Math.max(end, to) + 6, baseline, bar.label, label),
  ];
}

/** Across a bar: what is behind it is not to scale. */
function cutLine(x: number, middle: number): string {
  const [top, bottom] = [middle - BAR_HEIGHT / 2 - 1, middle + BAR_HEIGHT / 2 + 1];
  return `  <line class="cut" x1="${x}" x2="${x + CUT_WIDTH / 2}" y1="${bottom}" y2="${top}"/>`;
}

function text(x: number, y: number, words: string, style?: string, anchor?: "end"): string {
  const look = style === undefined ? "" : ` class="${style}"`;
  const side = anchor === undefined ? "" : ` text-anchor="${anchor}"`;
  return `  <text x="${rounded(x)}" y="${y}"${look}${side}>${escaped(words)}</text>`;
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

export function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
