// Where a named section is in an ELF file, read from the file itself.
import { closeSync, openSync, readSync } from "node:fs";

/** A part of a file, in bytes. */
export interface FilePart {
  readonly offset: number;
  readonly size: number;
}

/** Of the 64-bit format, which all executables of pounce have. */
const HEADER_BYTES = 64;
const ENTRY_BYTES = 64;

/** @returns `undefined` if the file has no such section, or is no ELF file. Throws if unreadable */
export function findSection(path: string, name: string): FilePart | undefined {
  const file = openSync(path, "r");
  try {
    return sectionIn((part) => readPart(file, part), name);
  } finally {
    closeSync(file);
  }
}

function sectionIn(read: (part: FilePart) => Buffer, name: string): FilePart | undefined {
  const header = read({ offset: 0, size: HEADER_BYTES });
  if (header.length < HEADER_BYTES || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const count = header.readUInt16LE(60);
  const table = read({
    offset: Number(header.readBigUInt64LE(40)),
    size: count * ENTRY_BYTES,
  });
  const entry = (index: number): Buffer => table.subarray(index * ENTRY_BYTES);
  const names = read(partOf(entry(header.readUInt16LE(62))));
  const wanted = Buffer.from(`${name}\0`);
  for (let index = 0; index < count; index += 1) {
    const at = entry(index).readUInt32LE(0);
    if (names.subarray(at, at + wanted.length).equals(wanted)) return partOf(entry(index));
  }
  return undefined;
}

function partOf(entry: Buffer): FilePart {
  return { offset: Number(entry.readBigUInt64LE(24)), size: Number(entry.readBigUInt64LE(32)) };
}

function readPart(file: number, { offset, size }: FilePart): Buffer {
  const bytes = Buffer.alloc(size);
  return bytes.subarray(0, readSync(file, bytes, 0, size, offset));
}
