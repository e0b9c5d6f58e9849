// The name that `ps` shows for the master. Bun's `process.title` does not change it.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * Writes `title` over this process's arguments, where the kernel reads them for `ps`, as far as there
 * is room. Where that is forbidden the name stays as it is.
 */
export function setProcessTitle(title: string): void {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    // The fields after the name in parentheses: arg_start and arg_end are the 48th and 49th of all.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [start, end] = [Number(fields[45]), Number(fields[46])];
    const bytes = Buffer.alloc(end - start);
    bytes.write(title, 0, bytes.length - 1);
    const memory = openSync("/proc/self/mem", "r+");
    try {
      writeSync(memory, bytes, 0, bytes.length, start);
    } finally {
      closeSync(memory);
    }
  } catch {
    // A sandbox may forbid it; nothing depends on it.
  }
}
