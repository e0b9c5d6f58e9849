// The copy for bad versions: what it contains, and what it refuses.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyProject, folderRefusal, projectOf } from "../../src/prove/copy-project.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-copy-"));
const project = join(dir, "project");
afterAll(() => rmSync(dir, { recursive: true }));

const FILES = {
  "package.json": "{}",
  ".gitignore": "dist\ndata\n.env\n",
  ".env": "A=1",
  "src/app.ts": "export {};",
  "dist/server.js": "export {};",
  "data/large.db": "data",
  "node_modules/it/index.js": "",
};

beforeAll(() => {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(project, name, ".."), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  symlinkSync("../outside.txt", join(project, "link"));
  Bun.spawnSync(["git", "init", "-q", project]);
});

const isLink = (path: string) => lstatSync(path).isSymbolicLink();

test("the project is the nearest folder above with a mark, else the module's own", () => {
  expect(projectOf(join(project, "src/app.ts"))).toBe(project);
  expect(projectOf(join(dir, "alone.ts"))).toBe(dir);
});

test("packages and folders that git ignores are linked, .git is left out, the rest is copied", () => {
  const copy = join(dir, "one");
  expect(copyProject(project, join(project, "src/app.ts"), copy)).toBeUndefined();
  expect(readFileSync(join(copy, "src/app.ts"), "utf8")).toBe("export {};");
  const links = ["node_modules", "dist", "data", ".env", "src", "src/app.ts"];
  expect(links.map((name) => isLink(join(copy, name)))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(() => lstatSync(join(copy, ".git"))).toThrow();
  expect(readlinkSync(join(copy, "link"))).toBe(join(dir, "outside.txt"));
});

test("an entry that git ignores is copied, as it will be replaced", () => {
  const copy = join(dir, "two");
  expect(copyProject(project, join(project, "dist/server.js"), copy)).toBeUndefined();
  expect(isLink(join(copy, "dist"))).toBe(false);
  expect(isLink(join(copy, "dist/server.js"))).toBe(false);
});

test("a home, or the whole disk, is refused", () => {
  expect(folderRefusal("/")).toContain("put the app into a folder of its own");
  expect(folderRefusal("/home/me", "/home/me")).toContain("/home/me is not copied");
  expect(folderRefusal("/home/me/app", "/home/me")).toBeUndefined();
});
