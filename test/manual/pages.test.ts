// README and manual as texts: what is too long, what points nowhere, what names a file that is
// gone.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CHAPTERS } from "../../src/manual/chapters.ts";
import { CHAPTER_FILES, codeSpans, PAGES, prose, ROOT } from "../helpers/manual.ts";

const README_BYTES = 12 * 1024;
const COLUMNS = 100;
const pages = PAGES.map((page) => [page.name, page] as const);

test("the README is read in a minute: it has at most 12 KB", () => {
  expect(Buffer.byteLength(PAGES[0]?.text ?? "")).toBeLessThanOrEqual(README_BYTES);
});

test("every file of the manual is a chapter of `pounce help`, and is linked from the README", () => {
  expect(CHAPTERS.map(({ name }) => `${name}.md`).toSorted()).toEqual(CHAPTER_FILES.toSorted());
  for (const file of CHAPTER_FILES) expect(PAGES[0]?.text).toContain(`](src/manual/${file})`);
});

test.each(pages)("%s: starts with its title, and its lines fit", (_, { text }) => {
  expect(text).toMatch(/^# \S.*\n\n/);
  // What a program has printed is shown as it was.
  const own = text.replaceAll(/^```console\n[\s\S]*?^```$/gm, (it) =>
    it.replaceAll(/^[^$].*$/gm, ""),
  );
  for (const line of own.split("\n")) expect(line.length).toBeLessThanOrEqual(COLUMNS);
});

test.each(pages)("%s: no code in the text is broken over two lines", (_, page) => {
  for (const code of codeSpans(page)) expect(code).not.toContain("\n");
});

test.each(pages)("%s: links lead to pages and headings that exist", (_, page) => {
  for (const [, target = ""] of prose(page).matchAll(/\]\(([^)]+)\)/g)) {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? join(page.folder, page.name) : join(page.folder, path);
    expect(existsSync(file) ? file : `${target} of ${page.name}`).toBe(file);
    if (anchor !== undefined) expect(anchors(readFileSync(file, "utf8"))).toContain(anchor);
  }
});

/** As GitHub makes them from headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each(pages)("%s: files and folders of the project that it names exist", (_, page) => {
  const named = codeSpans(page).filter((code) =>
    /^(?:src|test|scripts|\.ci)\/[\w./-]*$/.test(code),
  );
  for (const path of named) expect(existsSync(join(ROOT, path)) ? path : `no ${path}`).toBe(path);
});

test.each(pages)(
  "%s: reads well where a terminal shows `pounce help NAME` for a link",
  (_, page) => {
    expect(prose(page)).not.toMatch(/\b(?:the|a|these|those)\s+\[([^\]]+)\]\(\1\.md/i);
  },
);

test("the architecture has every folder of src, and those of core, master and worker", () => {
  const chapter = PAGES.find(({ name }) => name === "architecture.md")?.text ?? "";
  for (const folder of ["src", "src/core", "src/master", "src/worker"]) {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      if (entry.isDirectory()) expect(chapter).toContain(`\`${folder}/${entry.name}/\``);
    }
  }
});

describe("the start of a server", () => {
  test("does not read the manual", () => {
    const reached = staticImports(join(ROOT, "src/main.ts"));
    expect(reached.size).toBeGreaterThan(1);
    const serve = staticImports(join(ROOT, "src/cli/commands/serve-command.ts"));
    const worker = staticImports(join(ROOT, "src/worker/main.ts"));
    for (const file of [...reached, ...serve, ...worker]) {
      expect(basename(dirname(file))).not.toBe("manual");
    }
  });
});

/** A module and all that it imports as it starts. */
function staticImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file) || !file.endsWith(".ts")) return found;
  found.add(file);
  const imports = new Bun.Transpiler({ loader: "ts" }).scanImports(readFileSync(file, "utf8"));
  for (const { kind, path } of imports) {
    if (kind === "import-statement" && path.startsWith(".")) {
      staticImports(join(dirname(file), path), found);
    }
  }
  return found;
}
