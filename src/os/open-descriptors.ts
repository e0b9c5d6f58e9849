// Which descriptors this process has open. This works even when no more descriptors are to be had,
// which is when it matters most.
//
// Reading a directory takes a descriptor. So the directory of descriptors is opened once, and read
// again and again.
//
// Code that is called for each descriptor is in loops, here and in ../net/address.ts: a function is
// compiled after a few dozen calls, and to start the compiler costs a process that has little to do
// more than all its looks.
import { closeSync, openSync, statSync } from "node:fs";
import { arch } from "../platform.ts";
import { checked, libc } from "./libc.ts";

const FOLDER = "/proc/self/fd";
const SYS_GETDENTS64 = arch === "arm64" ? 61n : 217n;
const SEEK_SET = 0;
/** In a `struct linux_dirent64`: its length, and the name, which ends with a zero byte. */
const LENGTH = 16;
const NAME = 19;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
/** Fewer are read at once. */
const FEW = 512;

const entries = new Uint8Array(new ArrayBuffer(32_768));
const view = new DataView(entries.buffer);
let folder: number | undefined;

/**
 * The descriptors that this process has open. From the second call on, this takes no descriptor.
 * Throws.
 */
export function descriptors(): number[] {
  const found: number[] = [];
  const from = (folder ??= openSync(FOLDER, "r"));
  checked("lseek", libc().lseek(from, 0n, SEEK_SET));
  while (readSome(from, found));
  return found;
}

/**
 * The same, in parts: each takes a millisecond or two, and all together some times as much for
 * 10,000. What is opened or closed meanwhile may be missing, or be among them. Takes a descriptor
 * for that time, and is in one part if there is none. Throws.
 * @param pause is called between the parts
 */
export async function descriptorsInParts(pause: () => Promise<void>): Promise<number[]> {
  const found: number[] = [];
  const from = openFolder();
  if (from === undefined) return descriptors();
  try {
    while (readSome(from, found)) if (found.length >= FEW) await pause();
  } finally {
    closeSync(from);
  }
  return found.filter((fd) => fd !== from);
}

function openFolder(): number | undefined {
  try {
    return openSync(FOLDER, "r");
  } catch {
    return undefined;
  }
}

/** Adds the next ones of an open directory. `false`: there are no more. Throws. */
function readSome(from: number, found: number[]): boolean {
  const size = BigInt(entries.length);
  const read = checked("getdents64", libc().syscall(SYS_GETDENTS64, BigInt(from), entries, size));
  for (let at = 0; at < read; at += view.getUint16(at + LENGTH, true)) {
    let number = 0;
    let end = at + NAME;
    for (let digit = entries[end] ?? 0; digit >= DIGIT_0 && digit <= DIGIT_9;) {
      number = number * 10 + digit - DIGIT_0;
      digit = entries[++end] ?? 0;
    }
    // `.` and `..` are none.
    if (end > at + NAME) found.push(number);
  }
  return read > 0;
}

/**
 * How many descriptors this process has open; `undefined` before Linux 6.2, which does not tell.
 */
export function openDescriptors(): number | undefined {
  const size = statSync(FOLDER, { throwIfNoEntry: false })?.size;
  return size === 0 ? undefined : size;
}
