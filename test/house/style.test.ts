// How sources are written, where neither the formatter nor the lint can hold it.
import { expect, test } from "bun:test";

const COLUMNS = 100;

interface Line {
  readonly at: string;
  readonly text: string;
  readonly next: readonly string[];
}

const files = ["src", "test", "scripts"].flatMap((folder) =>
  [...new Bun.Glob("**/*.ts").scanSync(folder)].map((file) => `${folder}/${file}`),
);
const texts = await Promise.all(files.map(async (file) => [file, await Bun.file(file).text()]));
const lines = texts.flatMap(([file = "", text = ""]) => {
  const all = text.split("\n");
  return all.map((line, index): Line => ({
    at: `${file}:${index + 1}`,
    text: line,
    next: all.slice(index + 1, index + 3),
  }));
});

/** Where something is wrong, and that enough was looked at for that to mean something. */
function placesOf(isWrong: (line: Line) => boolean): string[] {
  expect(lines.length).toBeGreaterThan(20_000);
  return lines.filter(isWrong).map(({ at, text }) => `${at} ${text.trim()}`);
}

test("a file begins with what it is for", () => {
  const without = texts.filter(([, text = ""]) => !/^(?:#!.*\n)?\/\/ \S/.test(text));
  expect(without.map(([file]) => file)).toEqual([]);
});

/** A regular expression or a raw text, which has no place to be broken at. */
const UNBROKEN = /(?:^|\s)\/.*\/\w*[;,]$|String\.raw`/;
/** In tests: a name, which is searched for as a whole, a program or an answer that is quoted. */
const QUOTED = /["'`]/;

function isTooLong({ at, text }: Line): boolean {
  if (text.length <= COLUMNS || [...text].length <= COLUMNS || UNBROKEN.test(text)) return false;
  return !(at.startsWith("test/") && QUOTED.test(text));
}

test(`a line has at most ${COLUMNS} columns, comments too`, () => {
  expect(placesOf(isTooLong)).toEqual([]);
});

test("what is private begins with #", () => {
  const isDeclared = /^\s*(?:private|protected) (?!constructor)/;
  expect(placesOf(({ text }) => isDeclared.test(text))).toEqual([]);
});

function isBraced({ text, next: [body = "", end] }: Line): boolean {
  const [, indent = "", condition] = /^(\s*)if \((.*)\) \{$/.exec(text) ?? [];
  if (condition === undefined || end !== `${indent}}` || !body.endsWith(";")) return false;
  const isOne = !/^\s*(?:\/\/|const |if |for |while |switch |try |do )/.test(body);
  return isOne && `${indent}if (${condition}) ${body.trim()}`.length <= COLUMNS;
}

test("a short statement after `if` has no braces", () => {
  expect(placesOf(isBraced)).toEqual([]);
});
