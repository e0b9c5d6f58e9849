// A page of memory that the master and a worker share: a file without a name (memfd), which the
// worker maps and the master reads. So the master learns how a worker does without asking it.
import { closeSync, ftruncateSync, readSync } from "node:fs";
import { MFD_CLOEXEC } from "./constants.ts";
import { checked, libc } from "./libc.ts";

// What the kernel reads by its address lives as long as this module.
const name = Buffer.from("pounce-page\0");

/** A page of zeros; its descriptor is for the worker to inherit. Throws `SystemError`. */
export function createPage(bytes: number): number {
  const descriptor = checked("memfd_create", libc().memfd_create(name, MFD_CLOEXEC));
  ftruncateSync(descriptor, bytes);
  return descriptor;
}

/** Reads a page as floats into `into`, from its begin. */
export function readPage(descriptor: number, into: Float64Array<ArrayBuffer>): void {
  readSync(descriptor, new Uint8Array(into.buffer), 0, into.byteLength, 0);
}

/** Maps the page of an inherited descriptor for good, and closes the descriptor. Throws. */
export function mapPage(descriptor: number): Float64Array {
  const { buffer } = Bun.mmap(`/proc/self/fd/${descriptor}`);
  closeSync(descriptor);
  return new Float64Array(buffer);
}
