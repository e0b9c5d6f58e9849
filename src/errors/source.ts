// The source around a place that a stack names.
import { readFileSync, statSync } from "node:fs";
import type { SourceLine } from "./code-frame.ts";
import type { Place } from "./stack.ts";

/** A larger file is generated code, and reading it for each error would delay requests. */
const LARGEST_FILE = 1 << 20;
/** How many lines to read before the one in question, and after it. */
const BEFORE = 6;
const AFTER = 4;
/** Frames end with the text, or with a blank line before the cause. */
const SHOWN_STACK = /^.*?\n(?: {6}at .+\n?)+(?=\n|$)/s;
const SHOWN_LINE = /^ *(\d+) \| (.*)$/;

/** A file that was written later would show lines that never ran. */
const startedMs = Date.now();

/** The lines of `place`'s file around its line. `undefined` if they cannot be shown. */
export function linesOfFile({ file, line }: Place): SourceLine[] | undefined {
  try {
    const { size, mtimeMs } = statSync(file);
    if (size > LARGEST_FILE || mtimeMs > startedMs) return undefined;
    const lines = readFileSync(file, "utf8").split(/\r?\n/);
    if (line > lines.length) return undefined;
    // The end of the last line begins no other.
    if (lines.at(-1) === "" && line < lines.length) lines.pop();
    const first = Math.max(0, line - 1 - BEFORE);
    return lines
      .slice(first, line + AFTER)
      .map((text, index) => ({ number: first + index + 1, text }));
  } catch {
    return undefined;
  }
}

/**
 * What Bun shows of an error's innermost frame: it has the source of code inside an executable.
 * Call this before anybody reads the error's stack: from then on Bun looks for files on the disk.
 */
export function excerptOf(error: unknown): SourceLine[] {
  const lines: SourceLine[] = [];
  for (const text of inspected(error).split("\n")) {
    const [, number, source] = SHOWN_LINE.exec(text) ?? [];
    if (number === undefined || source === undefined) break;
    lines.push({ number: Number(number), text: source });
  }
  return lines;
}

/** What Bun shows of an error up to the end of its own frames, as a stack would have it. */
export function stackShown(error: unknown): string {
  return SHOWN_STACK.exec(inspected(error))?.[0].trimEnd() ?? "";
}

/** What the app has put on an error may throw when it is looked at. */
function inspected(error: unknown): string {
  try {
    return Bun.inspect(error, { colors: false });
  } catch {
    return "";
  }
}
