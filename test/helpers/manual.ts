// The README and the manual as tests read them: their texts, their blocks of code, their prose.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MANUAL = join(ROOT, "src", "manual");

interface Page {
  /** `README.md`, or the file name of a chapter. */
  readonly name: string;
  readonly folder: string;
  readonly text: string;
}

interface Block {
  /** `logging.md:12`, for messages. */
  readonly at: string;
  /** The first word after the fence. */
  readonly language: string;
  /** The other words. `not run: …` says why no test runs it. */
  readonly note: string;
  readonly text: string;
}

export const CHAPTER_FILES = readdirSync(MANUAL).filter((name) => name.endsWith(".md"));

/** README and chapters. */
export const PAGES: readonly Page[] = [
  { name: "README.md", folder: ROOT, text: readFileSync(join(ROOT, "README.md"), "utf8") },
  ...CHAPTER_FILES.map((name) => ({
    name,
    folder: MANUAL,
    text: readFileSync(join(MANUAL, name), "utf8"),
  })),
];

const FENCED = /^( *)```(\S*) ?(.*)\n([\s\S]*?)^ *```$/gm;

export const BLOCKS: readonly Block[] = PAGES.flatMap(({ name, text }) =>
  [...text.matchAll(FENCED)].map((match) => {
    const [, , language = "", note = "", body = ""] = match;
    const line = text.slice(0, match.index).split("\n").length;
    return { at: `${name}:${line}`, language, note, text: body };
  }),
);

/** The blocks of a language that tests run, as rows of a table of tests. */
export function blocksOf(language: string): [string, Block][] {
  return BLOCKS.filter((block) => block.language === language).map((block) => [block.at, block]);
}

/** A page without its blocks of code. */
export function prose({ text }: Page): string {
  return text.replaceAll(FENCED, "");
}

/** What is between backquotes in a page's prose. */
export function codeSpans(page: Page): string[] {
  return [...prose(page).matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
