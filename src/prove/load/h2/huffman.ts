// The Huffman code of HPACK (RFC 7541, appendix B), to read what servers send. The code is
// canonical: codes of one length are in the order of their symbols, so that their lengths are
// enough.

/** How many bits each byte has, from 0 on, and last the end of a string. */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const END = LENGTHS.length - 1;
const LONGEST = Math.max(...LENGTHS);

/** Symbols in the order of their codes. */
const SYMBOLS = LENGTHS.map((_, symbol) => symbol).toSorted(
  (a, b) => (LENGTHS[a] ?? 0) - (LENGTHS[b] ?? 0) || a - b,
);

/** Of each length: its first code, how many it has, and where its symbols begin. */
const OF_LENGTH = codesByLength();

function codesByLength() {
  const all: { first: number; count: number; from: number }[] = [];
  let [code, from] = [0, 0];
  for (let length = 0; length <= LONGEST; length += 1) {
    const count = LENGTHS.filter((it) => it === length).length;
    all.push({ first: code, count, from });
    code = (code + count) * 2;
    from += count;
  }
  return all;
}

/** The text that was coded; undefined: it is none. The last byte is filled up with ones. */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  const text: number[] = [];
  let [code, length] = [0, 0];
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = code * 2 + ((byte >> bit) & 1);
      length += 1;
      const symbol = symbolOf(code, length);
      if (symbol === undefined) {
        if (length >= LONGEST) return undefined;
        continue;
      }
      if (symbol === END) return undefined;
      text.push(symbol);
      [code, length] = [0, 0];
    }
  }
  const isFilled = length < 8 && code === 2 ** length - 1;
  return isFilled ? String.fromCharCode(...text) : undefined;
}

function symbolOf(code: number, length: number): number | undefined {
  const { first, count, from } = OF_LENGTH[length] ?? { first: 0, count: 0, from: 0 };
  return code - first < count ? SYMBOLS[from + code - first] : undefined;
}
