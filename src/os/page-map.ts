// Which pages of a process are its own, because it has written to them.
import { closeSync, openSync, readSync } from "node:fs";
import { libc } from "./libc.ts";

/** Addresses of whole pages. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

const ENTRY_BYTES = 8;
// Of an entry of /proc/PID/pagemap, see pagemap in the kernel's documentation.
const PRESENT = 1n << 63n;
const SWAPPED = 1n << 62n;
const OF_FILE = 1n << 61n;

/**
 * How many pages of the range are in memory, and how many have been written to, so that they are no
 * longer as in the file that is mapped there. Throws where the kernel does not tell.
 */
export function pagesIn(
  { start, end }: AddressRange,
  pid: number | "self" = "self",
): { present: number; written: number } {
  const pageBytes = libc().getpagesize();
  const entries = new BigUint64Array((end - start) / pageBytes);
  const file = openSync(`/proc/${pid}/pagemap`, "r");
  try {
    const bytes = readSync(file, entries, 0, entries.byteLength, (start / pageBytes) * ENTRY_BYTES);
    if (bytes !== entries.byteLength) throw new Error("/proc/PID/pagemap ends early");
  } finally {
    closeSync(file);
  }
  let present = 0;
  let written = 0;
  for (const entry of entries) {
    if ((entry & (PRESENT | SWAPPED)) === 0n) continue;
    present += 1;
    if ((entry & OF_FILE) === 0n) written += 1;
  }
  return { present, written };
}
