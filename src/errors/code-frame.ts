// A few lines of source with a caret under a column.
import { printable } from "../log/printable.ts";

/** How many lines a text shows before the one in question. */
const BEFORE = 2;
/** A longer line is cut around its caret. */
const WIDTH = 120;
/** How far the caret is from the left of a line that is cut. */
const LEAD = 80;
const TAB = 4;

/** One line of source, with its number from 1 on. */
export interface SourceLine {
  readonly number: number;
  readonly text: string;
}

/** A line as it is shown. */
export interface ShownLine extends SourceLine {
  /** Where the caret is below it, in columns of a terminal from 0 on; undefined: there is none. */
  readonly caret: number | undefined;
}

/**
 * The lines as they are shown: short, and without controls. Tabs become spaces, so that the caret
 * is under its character wherever it is read.
 * @param line the number of the line in question
 * @param column from 1 on, in UTF-16 units
 */
export function shownLines(
  lines: readonly SourceLine[],
  line: number,
  column: number,
): ShownLine[] {
  return lines.map(({ number, text }) =>
    number === line
      ? { number, ...aroundCaret(text, column) }
      : { number, text: cut(plain(text), 0), caret: undefined },
  );
}

/**
 * The lines up to the one in question, which is the last, and the caret.
 * @param column from 1 on, in UTF-16 units
 */
export function codeFrame(lines: readonly SourceLine[], column: number): string[] {
  const last = lines.at(-1);
  if (last === undefined) return [];
  const digits = String(last.number).length;
  const margin = (number: number): string => `${String(number).padStart(digits)} | `;
  const shown = shownLines(lines.slice(-BEFORE - 1), last.number, column);
  const caret = shown.at(-1)?.caret ?? 0;
  return [
    ...shown.map(({ number, text }) => margin(number) + text),
    `${" ".repeat(margin(last.number).length + caret)}^`,
  ].map((line) => line.trimEnd());
}

/** The line, cut if it is long, and the caret's column in it as a terminal counts. */
function aroundCaret(line: string, column: number): { text: string; caret: number } {
  const before = plain(line.slice(0, Math.max(0, column - 1)));
  const whole = plain(line);
  const start = before.length > WIDTH - LEAD / 2 ? before.length - LEAD : 0;
  const lead = start > 0 ? `…${before.slice(start + 1)}` : before;
  return { text: cut(whole, start), caret: Bun.stringWidth(lead) };
}

function cut(line: string, start: number): string {
  const end = start + WIDTH;
  const head = start > 0 ? `…${line.slice(start + 1, end)}` : line.slice(0, end);
  return line.length > end ? `${head}…` : head;
}

/** The line without tabs and controls. Each tab ends at a multiple, as in an editor. */
function plain(line: string): string {
  let shown = "";
  for (const part of printable(line).split(/(\t)/)) {
    shown += part === "\t" ? " ".repeat(TAB - (Bun.stringWidth(shown) % TAB)) : part;
  }
  return shown;
}
