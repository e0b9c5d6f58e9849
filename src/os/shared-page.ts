// A page of memory that the master and a worker share: a file without a name (memfd), which the
// worker maps and the master reads. So the master knows how a worker is doing without asking it.
import { closeSync, ftruncateSync, readSync } from "node:fs";
import { MFD_CLOEXEC } from "./constants.ts";
import { checked, libc } from "./libc.ts";

// The kernel reads this by its address, so it lives as long as this module.
const name = Buffer.from("pounce-page\0");

/** A page of zeros; the worker inherits its descriptor. Throws `SystemError`. */
export function createPage(bytes: number): number {
  const descriptor = checked("memfd_create", libc().memfd_create(name, MFD_CLOEXEC));
  ftruncateSync(descriptor, bytes);
  return descriptor;
}

/** Reads a page as floats into `into`, from its start. */
export function readPage(descriptor: number, into: Float64Array<ArrayBuffer>): void {
  readSync(descriptor, new Uint8Array(into.buffer), 0, into.byteLength, 0);
}

/**
 * Maps the page of an inherited descriptor for the life of the process, and closes the descriptor.
 * Throws.
 */
export function mapPage(descriptor: number): Float64Array {
  const { buffer } = Bun.mmap(`/proc/self/fd/${descriptor}`);
  closeSync(descriptor);
  return new Float64Array(buffer);
}
