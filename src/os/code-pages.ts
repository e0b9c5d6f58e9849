// Gives back pages of the executable that a process needs only for a while.
import { readFileSync, readlinkSync } from "node:fs";
import { here } from "../platform.ts";
import { MADV_DONTNEED } from "./constants.ts";
import { libc } from "./libc.ts";

/**
 * Long enough after a start or a reload that all of its code has run, the first garbage collection
 * too: what runs again takes its pages back. Reloads that follow one another have one release for
 * several of them, but do not put it off for ever.
 */
const DELAY_MS = 3000;

let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Unmaps, in a moment, the code and the constants that this process has mapped so far: 36 MB after
 * the start of Bun, of which a running server uses a small part. What is used again comes back from
 * the page cache at once. Neither is ever written to, so nothing can be lost. Where the kernel or a
 * sandbox forbids it, nothing happens.
 */
export function releaseCodePages(): void {
  if (!here.hasProc) return;
  timer ??= setTimeout(release, DELAY_MS);
  timer.unref();
}

function release(): void {
  timer = undefined;
  try {
    const executable = readlinkSync("/proc/self/exe");
    for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
      const [range = "", access = "", offset = "", , , path] = line.split(/\s+/);
      if (path !== executable || !isNeverWritten(access, offset)) continue;
      const [start = 0n, end = 0n] = range.split("-").map((address) => BigInt(`0x${address}`));
      libc().madvise(start, end - start, MADV_DONTNEED);
    }
  } catch {
    // The pages stay.
  }
}

/**
 * The code, and the constants, with which the file begins. Other pages that are read-only now were
 * written by the linker at the start: they must stay.
 */
export function isNeverWritten(access: string, offset: string): boolean {
  return access === "r-xp" || (access === "r--p" && Number.parseInt(offset, 16) === 0);
}
