// What a server has written, in a file: its last lines are shown when something has failed.
import { closeSync, openSync, readFileSync } from "node:fs";
import { printable } from "../../log/printable.ts";

const MOST_LINES = 12;
/** The beginning of a file that has grown large is of no use. */
const MOST_BYTES = 64 * 1024;

/** Opens a file for a child to write to; the child gets a copy of the descriptor. */
export function withOutput<T>(path: string, spawn: (descriptor: number) => T): T {
  const descriptor = openSync(path, "a", 0o600);
  try {
    return spawn(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The last lines of the files, one file after the other. */
export function lastLinesOf(paths: readonly string[]): string[] {
  const lines = paths.flatMap((path) => {
    try {
      return printable(readFileSync(path).subarray(-MOST_BYTES).toString()).trimEnd().split("\n");
    } catch {
      return []; // It was never written to.
    }
  });
  return lines.filter((line) => line !== "").slice(-MOST_LINES);
}
