// The pid file: the master's process id, for whoever signals it.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes it whole or not at all. Returns what is wrong when it cannot be written. */
export function writePidFile(path: string): string | undefined {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, `${process.pid}\n`, { mode: 0o600 });
    renameSync(temporary, path);
    return undefined;
  } catch (error) {
    rmSync(temporary, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    return `pid_file: cannot write ${path}: ${reason}`;
  }
}

/** Removes it, unless it names another process by now. */
export function removePidFile(path: string): void {
  try {
    if (readFileSync(path, "utf8").trim() === String(process.pid)) rmSync(path);
  } catch {
    // It is gone already.
  }
}
