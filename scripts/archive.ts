// Archives that depend only on their content: entries sorted by name, all with one time, owned by
// root, in the POSIX format ustar; compressed without a name, time or system.

export interface Entry {
  /** Without a slash at its start or end. */
  readonly path: string;
  /** `undefined`: a folder. */
  readonly content: Uint8Array | undefined;
  readonly mode: number;
}

const BLOCK = 512;

export function file(path: string, content: string | Uint8Array, mode = 0o644): Entry {
  return { path, content: typeof content === "string" ? Buffer.from(content) : content, mode };
}

/** A folder with a mode of its own. Folders that only contain files need not be named. */
export function folder(path: string, mode = 0o755): Entry {
  return { path, content: undefined, mode };
}

/** @param seconds the time that every entry gets, since 1970 */
export function tar(entries: readonly Entry[], seconds: number): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  for (const entry of withParents(entries)) {
    const content = entry.content ?? new Uint8Array();
    const padding = new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK);
    blocks.push(header(entry, content.length, seconds), content, padding);
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  return new Uint8Array(Buffer.concat(blocks));
}

/** The byte of a gzip header that names the system, and its value for "unknown". */
const GZIP_SYSTEM = { offset: 9, unknown: 255 };

export function gzip(content: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const zipped = Bun.gzipSync(content, { level: 9 });
  zipped.set([GZIP_SYSTEM.unknown], GZIP_SYSTEM.offset);
  return zipped;
}

/** @param seconds as `tar` takes them */
export function tarGz(entries: readonly Entry[], seconds: number): Uint8Array<ArrayBuffer> {
  return gzip(tar(entries, seconds));
}

/** Every folder once, before its contents. */
function withParents(entries: readonly Entry[]): Entry[] {
  const all = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    const parts = path.split("/");
    for (let length = 1; length < parts.length; length += 1) {
      const parent = parts.slice(0, length).join("/");
      if (!all.has(parent)) all.set(parent, folder(parent));
    }
  }
  return [...all.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function header({ path, content, mode }: Entry, size: number, seconds: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const name = content === undefined ? `${path}/` : path;
  if (Buffer.byteLength(name) > 100) throw new Error(`${name}: too long for an archive`);
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(seconds, 12), 136);
  // The checksum is computed with spaces in its own place.
  block.write(" ".repeat(8), 148);
  block.write(content === undefined ? "5" : "0", 156);
  block.write("ustar\x0000", 257);
  block.write("root", 265);
  block.write("root", 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148);
  return block;
}

/** A number in tar's form: octal digits and a zero byte, `length` bytes in all. */
function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, "0")}\0`;
}
