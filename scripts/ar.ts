// The outermost archive of a Debian package: `ar`, in the plain form that dpkg writes and reads.
// Bytes that depend only on the members: one time, owned by root.

/** One file of the archive. */
export interface Member {
  /** At most 16 characters. */
  readonly name: string;
  readonly content: Uint8Array;
}

const MAGIC = "!<arch>\n";

/** @param seconds the time that every member gets, since 1970 */
export function ar(members: readonly Member[], seconds: number): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(MAGIC)];
  for (const { name, content } of members) {
    parts.push(header(name, content.length, seconds), content);
    // Each header starts at an even place.
    if (content.length % 2 === 1) parts.push(Buffer.from("\n"));
  }
  return new Uint8Array(Buffer.concat(parts));
}

function header(name: string, size: number, seconds: number): Buffer {
  const mode = "100644";
  const fields: readonly (readonly [text: string, width: number])[] = [
    [name, 16],
    [String(seconds), 12],
    ["0", 6],
    ["0", 6],
    [mode, 8],
    [String(size), 10],
  ];
  const wide = fields.find(([text, width]) => Buffer.byteLength(text) > width);
  if (wide !== undefined) throw new Error(`${name}: ${wide[0]} is too long for an ar archive`);
  return Buffer.from(`${fields.map(([text, width]) => text.padEnd(width)).join("")}\`\n`);
}
