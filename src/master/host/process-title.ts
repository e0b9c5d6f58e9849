// The name that `ps` shows for the master. Bun's `process.title` does not change it.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

import { here } from "../../platform.ts";

/** Longer titles are cut, because the environment follows the arguments in memory. */
const LONGEST = 64;

/**
 * What `ps` shows for the master of a configuration, or of an app without one. That of `pounce dev`
 * has another title, since it may use the file of a server in production.
 */
export function masterTitle(file: string | undefined, appLabel: string, isDev = false): string {
  const title = Buffer.from(`pounce ${isDev ? "dev" : "master"} ${file ?? appLabel}`);
  return title.subarray(0, LONGEST - 1).toString();
}

/**
 * Writes `title` over this process's arguments, where the kernel reads them for `ps`. If the title
 * is longer than they were, it continues over the first variables of the environment, as in
 * setproctitle(3): Bun has read those at its start. Where that is forbidden, or on another system
 * than Linux, the name stays as it is.
 */
export function setProcessTitle(title: string): void {
  if (!here.hasProc) return;
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    // The fields after the name in parentheses: arg_start, arg_end, env_start and env_end are the
    // 48th to the 51st of all (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [start = 0, end = 0, envStart = 0, envEnd = 0] = fields.slice(45, 49).map(Number);
    const room = envStart === end ? Math.min(envEnd - start, LONGEST) : end - start;
    const bytes = Buffer.alloc(Math.max(end - start, Math.min(room, Buffer.byteLength(title) + 1)));
    bytes.write(title, 0, Math.min(bytes.length, room) - 1);
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
