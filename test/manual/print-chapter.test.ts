import { describe, expect, test } from "bun:test";
import { CHAPTERS } from "../../src/manual/chapters.ts";
import { chapterText } from "../../src/manual/print-chapter.ts";

const MARKDOWN =
  "# Title\n\n<!-- a mark -->\n\nSee [proxies](proxies.md), **now**: `a.ts`.\n\n" +
  "```sh\npounce `ls` # all\n```\n\n## More\n";

describe("a chapter", () => {
  test("is printed as it is written, without marks and the targets of links", () => {
    expect(chapterText(MARKDOWN, { colours: false })).toBe(
      "# Title\n\nSee proxies, **now**: `a.ts`.\n\n```sh\npounce `ls` # all\n```\n\n## More\n",
    );
  });

  test("has headings in bold and code in colour on a terminal, and no other marks", () => {
    expect(chapterText(MARKDOWN, { colours: true })).toBe(
      "\u001b[1mTitle\u001b[22m\n\nSee proxies, \u001b[1mnow\u001b[22m: \u001b[36ma.ts\u001b[39m.\n\n" +
        "\u001b[36m  pounce `ls` # all\n\u001b[39m\n\u001b[1mMore\u001b[22m\n",
    );
  });

  test.each(CHAPTERS.map(({ name, text }) => [name, text] as const))(
    "%s says the same with colours as without",
    (_, text) => {
      const plain = chapterText(text, { colours: false }).replaceAll(/^```.*$/gm, "");
      expect(words(chapterText(text, { colours: true }))).toEqual(words(plain));
    },
  );
});

function words(printed: string): string[] {
  return Bun.stripANSI(printed).match(/[\p{L}\p{N}]{2,}/gu) ?? [];
}
