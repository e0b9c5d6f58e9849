// The executable that this process runs, and the file by that name now: they differ after an upgrade.
import { realpathSync, statSync } from "node:fs";
import { absolutePath } from "../config/paths.ts";

/**
 * The path that this process was started by, not followed: a link may lead elsewhere by the time it is
 * used. To be called before the file is replaced. @param cwd the working directory as the shell names it
 */
export function startedPath(cwd: string): string {
  const { argv0, execPath } = process;
  const named = argv0.includes("/") ? absolutePath(cwd, argv0) : Bun.which(argv0);
  return named !== null && isSameFile(named, execPath) ? named : execPath;
}

function isSameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/**
 * A path that leads to the very executable that this process runs, also when the file has been replaced
 * since: a master and its workers are always of one build.
 */
export function ownExecutable(): string {
  const running = `/proc/${process.pid}/exe`;
  try {
    const [own, named] = [statSync(running), statSync(process.execPath)];
    return own.ino === named.ino && own.dev === named.dev ? process.execPath : running;
  } catch (error) {
    // The name is gone, and the process runs on; or there is no /proc.
    return isAbsent(error, running) ? process.execPath : running;
  }
}

function isAbsent(error: unknown, path: string): boolean {
  return (error as { path?: unknown }).path === path;
}
