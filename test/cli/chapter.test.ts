// A chapter of the manual, as a terminal gets it and as a pipe does.
import { describe, expect, test } from "bun:test";
import { CHAPTERS } from "../../src/manual/chapters.ts";
import { chapterText } from "../../src/cli/chapter.ts";

const MARKDOWN =
  "# Title\n\n<!-- a mark -->\n\n![a picture](a.svg)\n\nSee [proxies](proxies.md#one), [here](apps.md), **now**: `a.ts`.\n\n" +
  "```sh\npounce `ls` # all\n```\n\n## More\n";

describe("a chapter", () => {
  test("is printed as it is written, without marks, pictures and the targets of links", () => {
    expect(chapterText(MARKDOWN, { colours: false, program: "pounce" })).toBe(
      "# Title\n\nSee `pounce help proxies`, here, **now**: `a.ts`.\n\n```sh\npounce `ls` # all\n```\n\n## More\n",
    );
  });

  test("has headings in bold and code in colour on a terminal, and no other marks", () => {
    expect(chapterText(MARKDOWN, { colours: true, program: "pounce" })).toBe(
      "\u001b[1mTitle\u001b[22m\n\nSee \u001b[36mpounce help proxies\u001b[39m, here, \u001b[1mnow\u001b[22m: \u001b[36ma.ts\u001b[39m.\n\n" +
        "\u001b[36m  pounce `ls` # all\n\u001b[39m\n\u001b[1mMore\u001b[22m\n",
    );
  });

  test("has tables without lines on a terminal", () => {
    const text = "| key | is |\n| --- | --- |\n| `a` | one |\n| `bcd` | two |\n";
    expect(chapterText(text, { colours: true, program: "pounce" })).toBe(
      "\u001b[1mkey  is\u001b[22m\na    one\nbcd  two\n",
    );
  });

  test("has links to elsewhere without their addresses, and columns that stay in line", () => {
    const text = "| a             | b |\n| ------------- | - |\n| by [x](y.md#z) it | c |\n";
    expect(chapterText(text, { colours: false, program: "pounce" })).toBe(
      "| a             | b |\n| ------------- | - |\n| by x it           | c |\n",
    );
  });

  test("has the names of chapters in a table, and columns that stay in line", () => {
    const text = "| chapter     | of  |\n| ----------- | --- |\n| [ab](ab.md) | [it](it.md) |\n";
    expect(chapterText(text, { colours: false, program: "pounce" })).toBe(
      "| chapter     | of  |\n| ----------- | --- |\n| `ab`        | `pounce help it` |\n",
    );
  });

  test("has the name of an executable with an app in its commands, and nowhere else", () => {
    const text =
      "pounce has `pounce ls` and `pounce init`.\n\n```sh\npounce ls\npounce build a\n```\n";
    expect(chapterText(text, { colours: false, program: "server" })).toBe(
      "pounce has `server ls` and `pounce init`.\n\n```sh\nserver ls\npounce build a\n```\n",
    );
  });

  test.each(CHAPTERS.map(({ name, text }) => [name, text] as const))(
    "%s says the same with colours as without",
    (_, text) => {
      const plain = chapterText(text, { colours: false, program: "pounce" }).replaceAll(
        /^```.*$/gm,
        "",
      );
      expect(words(chapterText(text, { colours: true, program: "pounce" }))).toEqual(words(plain));
    },
  );
});

function words(printed: string): string[] {
  return Bun.stripANSI(printed).match(/[\p{L}\p{N}]{2,}/gu) ?? [];
}
