// A tar.gz that depends on nothing but its content: entries in the order of their names, one time for
// all, owned by nobody in particular, and a gzip header that names neither file, time nor system.

export interface Entry {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly isExecutable: boolean;
}

const BLOCK = 512;
/** The byte of a gzip header that names the system, and its value for "unknown". */
const GZIP_SYSTEM = { offset: 9, unknown: 255 };

/** @param seconds the time that every file gets, since 1970 */
export function tarGz(entries: readonly Entry[], seconds: number): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const padding = new Uint8Array((BLOCK - (entry.content.length % BLOCK)) % BLOCK);
    blocks.push(header(entry, seconds), entry.content, padding);
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  const zipped = Bun.gzipSync(Buffer.concat(blocks), { level: 9 });
  zipped.set([GZIP_SYSTEM.unknown], GZIP_SYSTEM.offset);
  return zipped;
}

/** The block before a file: the format that POSIX names ustar. */
function header({ name, content, isExecutable }: Entry, seconds: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new Error(`${name}: too long for an archive`);
  block.write(name, 0);
  block.write(octal(isExecutable ? 0o755 : 0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(content.length, 12), 124);
  block.write(octal(seconds, 12), 136);
  // The checksum is made with blanks in its own place.
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar\x0000", 257);
  block.write("root", 265);
  block.write("root", 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148);
  return block;
}

/** A number as tar has it: octal digits and a zero byte, `length` bytes in all. */
function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, "0")}\0`;
}
