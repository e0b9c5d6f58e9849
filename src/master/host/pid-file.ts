// The pid file: it tells people and programs which process to signal.
import { readFileSync, rmSync, statSync } from "node:fs";
import { replaceFile, statsAt, writeNewFile } from "../../os/replace-file.ts";
import { isMaster, startedMs } from "../../os/process-identity.ts";

const NO_PID_FILE = "the existing file is not a pid file and is left alone";

/** The times of files and of processes come from different clocks, and may differ a little. */
const CLOCKS_APART_MS = 2000;

/**
 * Writes it whole or not at all. Returns what is wrong if it cannot be written.
 * @param successorOf the master that this one takes over from: its file counts as our own
 */
export function writePidFile(path: string, successorOf?: number): string | undefined {
  const obstacle = pidFileObstacle(path, successorOf);
  if (obstacle !== undefined) return cannotWrite(path, obstacle);
  const reason = replaceFile(path, (temporary) => writeNewFile(temporary, text(), 0o600));
  return reason === undefined ? undefined : cannotWrite(path, reason);
}

/**
 * Writes it again if it is gone, or if it still names the master that this one takes over from: the
 * disk may have been full then. If there is another file by then, that stays.
 */
export function restorePidFile(path: string, successorOf?: number): void {
  if (statsAt(path) === undefined) {
    replaceFile(path, (temporary) => writeNewFile(temporary, text(), 0o600), true);
  } else if (names(path, successorOf)) {
    writePidFile(path, successorOf);
  }
}

/** Removes it, unless it names another process by now. */
export function removePidFile(path: string): void {
  try {
    if (names(path, process.pid)) rmSync(path);
  } catch {
    // It is gone already.
  }
}

/**
 * Why what is at that path must not be replaced: it is another server's pid file, or not a pid file
 * at all. Undefined if there is nothing, or the pid file of a dead server.
 */
export function pidFileObstacle(path: string, successorOf?: number): string | undefined {
  if (isDevice(path)) return NO_PID_FILE;
  const found = contentOf(path);
  if (found === undefined) return undefined;
  if (!/^\d{0,10}\s*$/.test(found)) return NO_PID_FILE;
  const pid = Number(found);
  const isFree = pid === 0 || pid === process.pid || pid === successorOf || !isMaster(pid);
  if (isFree || wasStartedAfter(pid, path)) return undefined;
  return `it is the pid file of process ${pid}, a running server`;
}

function names(path: string, pid: number | undefined): boolean {
  return pid !== undefined && contentOf(path)?.trim() === String(pid);
}

/** The number of a dead server may have been given to another process since. */
function wasStartedAfter(pid: number, path: string): boolean {
  const started = startedMs(pid);
  return started !== undefined && started > statSync(path).mtimeMs + CLOCKS_APART_MS;
}

/** Such as /dev/null, a named pipe or a socket: as root, replacing it would affect everybody. */
function isDevice(path: string): boolean {
  try {
    const stats = statSync(path);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    return false;
  }
}

/**
 * The content of a file; undefined: there is none, or it cannot be read, which writing will report.
 */
function contentOf(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, "latin1") : undefined;
  } catch {
    return undefined;
  }
}

function text(): string {
  return `${process.pid}\n`;
}

function cannotWrite(path: string, reason: string): string {
  return `pid_file: cannot write ${path}: ${reason}`;
}
