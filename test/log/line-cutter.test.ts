// Output that comes in pieces is cut into lines.
import { describe, expect, test } from "bun:test";
import { LineCutter, LONGEST_LINE, type Piece } from "../../src/log/line-cutter.ts";

function shown(mark: string, pieces: readonly Piece[]): string[] {
  return pieces.map(({ text, continues }) => `${mark}${text}${continues ? "+" : ""}`);
}

/**
 * What comes of chunks, with a "+" behind a piece whose line goes on; `|` is before what the end
 * gives.
 */
function cut(chunks: (string | number[])[], longest = LONGEST_LINE): string[] {
  const cutter = new LineCutter(longest);
  const bytes = chunks.map((chunk) =>
    typeof chunk === "string" ? Buffer.from(chunk) : Uint8Array.from(chunk),
  );
  return [...bytes.flatMap((chunk) => shown("", cutter.cut(chunk))), ...shown("|", cutter.end())];
}

describe("what is printed is cut into lines", () => {
  const cases: [string, (string | number[])[], string[]][] = [
    ["nothing", [], []],
    ["one line", ["a\n"], ["a"]],
    ["several at once", ["a\nb\n"], ["a", "b"]],
    ["blank lines are kept", ["\n\na\n\n"], ["", "", "a", ""]],
    ["a line in parts", ["a", "b", "c\nd", "\n"], ["abc", "d"]],
    ["a last line without its end", ["a\nb"], ["a", "|b"]],
    ["a carriage return is the line's own", ["a\r\n"], ["a\r"]],
    [
      "a character over two chunks",
      [
        [0xe2, 0x82],
        [0xac, 10],
      ],
      ["€"],
    ],
    ["a character in single bytes", [[0xf0], [0x9f], [0x90], [0x86], [10]], ["🐆"]],
    ["half a character at the end", [[0x61, 0xe2, 0x82]], ["|a\ufffd"]],
    ["what is not UTF-8", [[0xff, 0x61, 10]], ["\ufffda"]],
    ["a zero", [[0x61, 0, 0x62, 10]], ["a\0b"]],
    ["a byte order mark is kept in later lines", ["a\n\ufeffb\n"], ["a", "\ufeffb"]],
  ];
  test.each(cases)("%s", (_name, chunks, lines) => {
    expect(cut(chunks)).toEqual(lines);
  });
});

describe("a line that does not end is cut", () => {
  const cases: [string, (string | number[])[], string[]][] = [
    ["not at its greatest length", ["abcd\n"], ["abcd"]],
    ["one byte beyond it", ["abcde\n"], ["abcd+", "e"]],
    ["again and again", ["abcdefghij"], ["abcd+", "efgh+", "|ij"]],
    ["where it grows", ["abc", "def", "\n"], ["abcd+", "ef"]],
    ["before a character, not in it", ["abc€d\n"], ["abc+", "€d"]],
    ["before a character of four bytes", ["a🐆b\n"], ["a+", "🐆+", "b"]],
    [
      "anywhere in what is not UTF-8",
      [Array.from({ length: 6 }, () => 0x80)],
      ["\ufffd\ufffd\ufffd\ufffd+", "|\ufffd\ufffd"],
    ],
  ];
  test.each(cases)("%s", (_name, chunks, pieces) => {
    expect(cut(chunks, 4)).toEqual(pieces);
  });
});

test("nothing is lost or added, however the bytes are cut", () => {
  const text = Array.from({ length: 200 }, (_, n) => `${"äb🐆€".repeat(n % 7)}${n}`).join("\n");
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 5, 7, 64, 4096]) {
    const cutter = new LineCutter();
    const pieces = [];
    for (let at = 0; at < bytes.length; at += size) {
      pieces.push(...cutter.cut(bytes.subarray(at, at + size)));
    }
    pieces.push(...cutter.end());
    expect(pieces.map((piece) => piece.text).join("\n")).toBe(text);
  }
});
