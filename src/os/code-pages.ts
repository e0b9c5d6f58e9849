// Gives back pages of the executable that a process needs only for a while.
import { readFileSync, readlinkSync } from "node:fs";
import { here } from "../platform.ts";
import { MADV_DONTNEED } from "./constants.ts";
import { libc } from "./libc.ts";

/** Long enough after a start or a reload that all of its code has run. */
const DELAY_MS = 500;

let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Unmaps, in a moment, the code that this process has mapped so far: 30 MB after the start of Bun,
 * of which a running server uses a small part. Code that is called again comes back from the page
 * cache at once. Code is never written to, so nothing can be lost. Where the kernel or a sandbox
 * forbids it, nothing happens.
 */
export function releaseCodePages(): void {
  if (!here.hasProc) return;
  clearTimeout(timer);
  timer = setTimeout(release, DELAY_MS);
  timer.unref();
}

function release(): void {
  try {
    const executable = readlinkSync("/proc/self/exe");
    for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
      const [range = "", access, , , , path] = line.split(/\s+/);
      if (access !== "r-xp" || path !== executable) continue;
      const [start = 0n, end = 0n] = range.split("-").map((address) => BigInt(`0x${address}`));
      libc().madvise(start, end - start, MADV_DONTNEED);
    }
  } catch {
    // The pages stay.
  }
}
