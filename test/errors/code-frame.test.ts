// The lines of code that are shown around an error.
import { describe, expect, test } from "bun:test";
import { codeFrame } from "../../src/errors/code-frame.ts";

/** The character of the last line of source that the caret is under, as a terminal shows both. */
function meant(frame: string[]): string {
  const [source = "", caret = ""] = frame.slice(-2);
  const column = Bun.stringWidth(caret) - 1;
  let width = 0;
  for (const character of source) {
    if (width === column) return character;
    width += Bun.stringWidth(character);
  }
  return "";
}

describe("the caret is under the character of its column", () => {
  const lines: Record<string, string> = {
    "in a plain line": "  throw new ^Error();",
    "behind tabs": "\t\tif (x) {\tthrow new ^Error(); }",
    "behind wide characters": 'const x = "日本語 🎉"; throw new ^Error();',
    "behind controls": 'const x = "\u001b[31m"; throw new ^Error();',
    "at the beginning": "^x();",
    "in a long line": `const x = "${"a".repeat(300)}"; throw new ^Error("${"b".repeat(300)}");`,
    "at the end of a long line": `${"a".repeat(500)} ^x`,
  };
  test.each(Object.entries(lines))("%s", (_, marked) => {
    const column = marked.indexOf("^") + 1;
    const text = marked.replace("^", "");
    const frame = codeFrame(
      [
        { number: 9, text: "{" },
        { number: 10, text },
      ],
      column,
    );
    expect(meant(frame)).toBe(text[column - 1] as string);
    for (const line of frame) expect(Bun.stringWidth(line)).toBeLessThan(140);
    expect(frame.join("")).not.toContain("\u001b");
  });
});

test("line numbers are aligned, and lines before are there", () => {
  const lines = [8, 9, 10].map((number) => ({ number, text: `line${number}` }));
  expect(codeFrame(lines, 5)).toEqual([" 8 | line8", " 9 | line9", "10 | line10", "         ^"]);
});
