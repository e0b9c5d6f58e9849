// Cuts the output of a process into lines. Bytes come in chunks that may end anywhere, even within
// a character.

const LINE_END = 10;

/** The most bytes of a line that are kept; a longer line is cut. This is what a pipe holds. */
export const LONGEST_LINE = 65_536;

/** A line without its end, or a part of one that is too long. */
export interface Piece {
  readonly text: string;
  /** Whether the line goes on in the next piece. */
  readonly continues: boolean;
}

export class LineCutter {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The part of an unfinished line that has come so far. */
  #rest = Buffer.alloc(0);

  constructor(readonly longest = LONGEST_LINE) {}

  /** The pieces that `bytes` complete. Invalid UTF-8 becomes U+FFFD. */
  cut(bytes: Uint8Array): Piece[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const pieces: Piece[] = [];
    let start = 0;
    for (;;) {
      const end = all.indexOf(LINE_END, start);
      const lineEnd = end < 0 ? all.length : end;
      while (lineEnd - start > this.longest) {
        const cut = characterStart(all, start, start + this.longest);
        pieces.push({ text: this.#text(all, start, cut), continues: true });
        start = cut;
      }
      if (end < 0) break;
      pieces.push({ text: this.#text(all, start, end), continues: false });
      start = end + 1;
    }
    this.#rest = Buffer.from(all.subarray(start));
    return pieces;
  }

  /** The last line, if it has no line end. */
  end(): Piece[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length === 0 ? [] : [{ text: this.#text(rest, 0, rest.length), continues: false }];
  }

  #text(bytes: Buffer, start: number, end: number): string {
    return this.#decoder.decode(bytes.subarray(start, end));
  }
}

/**
 * Where to cut, at `end` at the latest, without cutting a character in two. A character has at most
 * four bytes.
 */
function characterStart(bytes: Buffer, start: number, end: number): number {
  for (let at = end; at > start && at > end - 4; at--) {
    if (((bytes[at] ?? 0) & 0b1100_0000) !== 0b1000_0000) return at;
  }
  return end;
}
