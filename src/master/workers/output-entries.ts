// Turns the output of a worker into log entries.
import type { LogEntry } from "../../log/format.ts";
import type { Piece } from "../../log/line-cutter.ts";
import type { OutputStream } from "./worker-output.ts";

/**
 * An entry for each line: its message is the line itself; the text format puts the worker's name
 * before it.
 */
export function outputEntries(
  { worker, generation }: { readonly worker: number; readonly generation: number },
  stream: OutputStream,
  pieces: readonly Piece[],
  time: Date,
): LogEntry[] {
  return pieces.map(({ text, continues }) => ({
    level: stream === "stdout" ? "info" : "error",
    event: "worker-output",
    message: text,
    inText: `Worker ${worker} (generation ${generation}): ${text}`,
    fields: { worker, generation, stream, ...(continues ? { continues } : {}) },
    time,
  }));
}
