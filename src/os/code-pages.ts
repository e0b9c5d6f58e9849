// Gives back pages of the executable that a process needs only for a while.
import { readFileSync, readlinkSync } from "node:fs";
import { here } from "../platform.ts";
import { MADV_DONTNEED } from "./constants.ts";
import { libc } from "./libc.ts";
import { type AddressRange, pagesIn } from "./page-map.ts";
import { type FilePart, findSection } from "./sections.ts";

/**
 * Long enough after a start or a reload that all of its code has run, the first garbage collection
 * too: what runs again takes its pages back. Reloads that follow one another have one release for
 * several of them, but do not put it off for ever.
 */
const DELAY_MS = 3000;

/** Where `bun build --compile` puts our own code, as text and compiled. */
const BUNDLE = ".bun";

let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Unmaps, in a moment, the code and the constants that this process has mapped so far: 36 MB after
 * the start of Bun, of which a running server uses a small part. What is used again comes back from
 * the page cache at once. None of it has been written to, so nothing can be lost. Where the kernel
 * or a sandbox forbids it, nothing happens.
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
    const maps = readFileSync("/proc/self/maps", "utf8");
    const bundle = findSection("/proc/self/exe", BUNDLE);
    for (const range of releasable(maps, executable, bundle)) {
      if (range.isWritable && pagesIn(range).written > 0) continue;
      libc().madvise(BigInt(range.start), BigInt(range.end - range.start), MADV_DONTNEED);
    }
  } catch {
    // The pages stay.
  }
}

export interface Releasable extends AddressRange {
  /** Nobody writes to it, but nothing keeps anybody from it. */
  readonly isWritable: boolean;
}

/** A line of /proc/PID/maps. A path may have blanks, and "(deleted)" behind it. */
const MAPPING = /^(\w+)-(\w+) (\S+) (\w+) \S+ \S+ +(.*)$/;

/**
 * Which of the pages that /proc/PID/maps lists may be as in the executable: its code, the constants
 * with which the file begins, and our own code. Others that are read-only now were written by the
 * linker at the start: they must stay.
 * @param executable as the kernel names it
 */
export function releasable(
  maps: string,
  executable: string,
  bundle: FilePart | undefined,
): Releasable[] {
  return maps.split("\n").flatMap((line) => {
    const [, from = "", to = "", access = "", at = "", path] = MAPPING.exec(line) ?? [];
    if (path !== executable) return [];
    const [start, end, offset] = [hexadecimal(from), hexadecimal(to), hexadecimal(at)];
    if (access === "r-xp" || (access === "r--p" && offset === 0)) {
      return [{ start, end, isWritable: false }];
    }
    return bundle === undefined ? [] : within({ start, end }, offset, bundle);
  });
}

function hexadecimal(digits: string): number {
  return Number.parseInt(digits, 16);
}

/** The largest page that a kernel has: part of a page cannot be given back. */
const MAX_PAGE_BYTES = 65_536;

/** The whole pages of a part of the file in a mapping of it that begins at `offset`. */
function within({ start, end }: AddressRange, offset: number, part: FilePart): Releasable[] {
  const from = start + part.offset - offset;
  const first = Math.ceil(Math.max(start, from) / MAX_PAGE_BYTES) * MAX_PAGE_BYTES;
  const last = Math.floor(Math.min(end, from + part.size) / MAX_PAGE_BYTES) * MAX_PAGE_BYTES;
  return first < last ? [{ start: first, end: last, isWritable: true }] : [];
}
