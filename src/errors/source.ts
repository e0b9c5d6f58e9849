// The source around a place that a stack names.
import { readFileSync, statSync } from "node:fs";
import type { SourceLine } from "./code-frame.ts";
import type { Place } from "./stack.ts";

/** A larger file is generated, and reading it for each error would hold up requests. */
const LARGEST_FILE = 1 << 20;
/** Lines before the one that is meant. */
const BEFORE = 2;
const SHOWN_LINE = /^ *(\d+) \| (.*)$/;

/** Files that have been written since would show lines that never ran. */
const startedMs = Date.now();

/**
 * The lines up to that of `place`, from its file. `undefined`: there is none that can be shown.
 */
export function linesOfFile({ file, line }: Place): SourceLine[] | undefined {
  try {
    const { size, mtimeMs } = statSync(file);
    if (size > LARGEST_FILE || mtimeMs > startedMs) return undefined;
    const lines = readFileSync(file, "utf8").split(/\r?\n/);
    if (line > lines.length) return undefined;
    const first = Math.max(0, line - 1 - BEFORE);
    return lines.slice(first, line).map((text, index) => ({ number: first + index + 1, text }));
  } catch {
    return undefined;
  }
}

/**
 * What Bun shows of an error's innermost frame: it has the source of what is inside an executable. To be
 * called before anybody reads the error's stack: Bun looks for files on the disk then.
 */
export function excerptOf(error: unknown): SourceLine[] {
  const lines: SourceLine[] = [];
  try {
    for (const text of Bun.inspect(error, { colors: false }).split("\n")) {
      const [, number, source] = SHOWN_LINE.exec(text) ?? [];
      if (number === undefined || source === undefined) break;
      lines.push({ number: Number(number), text: source });
    }
  } catch {
    // What the app has put on the error throws when it is looked at.
  }
  return lines;
}
