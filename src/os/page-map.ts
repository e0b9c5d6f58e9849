// Which pages of a process are its own, because it has written to them.
import { closeSync, openSync, readSync } from "node:fs";
import { libc } from "./libc.ts";

/** Addresses of whole pages. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

const ENTRY_BYTES = 8;
/**
 * The entries of /proc/PID/pagemap, as text, while none is of a page that was written to: each ends
 * with a byte that says that the page is not there, or is there and is of a file. Not a loop, which
 * would be compiled: the compiler brings back more code than there is to save.
 */
const AS_IN_FILE = /^(?:[^]{7}[^\x40-\x9f\xc0-\xff])*$/;

/**
 * Whether all pages of a range of this process are still as in the file that is mapped there, as
 * far as they are in memory. No where the kernel does not tell.
 */
export function isAsInFile(range: AddressRange, pid: number | "self" = "self"): boolean {
  try {
    return AS_IN_FILE.test(entriesOf(range, pid).toString("latin1"));
  } catch {
    return false;
  }
}

function entriesOf({ start, end }: AddressRange, pid: number | "self"): Buffer {
  const pageBytes = libc().getpagesize();
  const entries = Buffer.alloc(((end - start) / pageBytes) * ENTRY_BYTES);
  const file = openSync(`/proc/${pid}/pagemap`, "r");
  try {
    const read = readSync(file, entries, 0, entries.length, (start / pageBytes) * ENTRY_BYTES);
    if (read !== entries.length) throw new Error("/proc/PID/pagemap ends early");
    return entries;
  } finally {
    closeSync(file);
  }
}
