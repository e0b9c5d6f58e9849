// Headers as HTTP/2 writes them (HPACK, RFC 7541).
import { Loss } from "../loss.ts";
import { HeaderTable } from "./header-table.ts";
import { decodeHuffman } from "./huffman.ts";

export type Header = readonly [name: string, value: string];

/** Each is written out, and is not to be kept: so no request depends on another. */
export function encodeHeaders(headers: readonly Header[]): Buffer {
  const parts = headers.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]);
  return Buffer.concat(parts);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([Buffer.from(integer(bytes.length, 7)), bytes]);
}

/** An integer of which the first byte has so many bits. */
function integer(value: number, bits: number): number[] {
  const most = 2 ** bits - 1;
  if (value < most) return [value];
  const bytes = [most];
  let left = value - most;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return [...bytes, left];
}

/** Reads what a server sends on one connection: all of it, in its order. */
export class HeaderDecoder {
  readonly #table = new HeaderTable();

  /** Throws a `Loss` for what is no HPACK. */
  decode(block: Uint8Array): Header[] {
    const reader = new Reader(block, this.#table);
    const headers: Header[] = [];
    while (!reader.isAtEnd) {
      const header = reader.header();
      if (header !== undefined) headers.push(header);
    }
    return headers;
  }
}

class Reader {
  #at = 0;

  constructor(
    readonly block: Uint8Array,
    readonly table: HeaderTable,
  ) {}

  get isAtEnd(): boolean {
    return this.#at >= this.block.length;
  }

  /** Undefined: it was an order to the table. */
  header(): Header | undefined {
    const first = this.block[this.#at] ?? 0;
    if (first >= 0x80) return this.#known(this.#integer(7));
    if (first >= 0x40) {
      const header = this.#literal(this.#integer(6));
      this.table.add(header);
      return header;
    }
    if (first < 0x20) return this.#literal(this.#integer(4));
    this.table.limit(this.#integer(5));
    return undefined;
  }

  #known(index: number): Header {
    const header = this.table.get(index);
    if (header === undefined) throw wrong(`the table has no entry ${index}`);
    return header;
  }

  #literal(index: number): Header {
    const name = index === 0 ? this.#text() : this.#known(index)[0];
    return [name, this.#text()];
  }

  #text(): string {
    const isCoded = (this.block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const bytes = this.block.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (bytes.length < length) throw wrong("a text that is longer than its block");
    const decoded = isCoded ? decodeHuffman(bytes) : Buffer.from(bytes).toString("latin1");
    if (decoded === undefined) throw wrong("a text in no Huffman code");
    return decoded;
  }

  /** An integer that begins in the lower bits of the next byte. */
  #integer(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let factor = 1; factor < 2 ** 28; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw wrong("an integer without an end");
  }

  #byte(): number {
    const byte = this.block[this.#at];
    if (byte === undefined) throw wrong("a block that is cut off");
    this.#at += 1;
    return byte;
  }
}

function wrong(what: string): Loss {
  return new Loss("wrong", `no headers: ${what}`);
}
