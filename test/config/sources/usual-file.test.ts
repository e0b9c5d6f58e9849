// When pounce.toml in the working directory is read, although nobody names it.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { usualFile } from "../../../src/config/sources/usual-file.ts";

const root = mkdtempSync(join(tmpdir(), "pounce-usual-"));
afterAll(() => rmSync(root, { recursive: true }));

function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  return path;
}

const withFile = folder("file");
writeFileSync(join(withFile, "pounce.toml"), "");
const withLink = folder("link");
symlinkSync(join(withFile, "pounce.toml"), join(withLink, "pounce.toml"));
const withFolder = folder("folder");
mkdirSync(join(withFolder, "pounce.toml"));

test.each([
  ["a file", withFile, {}, "pounce.toml"],
  ["a link to one", withLink, {}, "pounce.toml"],
  ["a folder of that name", withFolder, {}, undefined],
  ["nothing", root, {}, undefined],
  ["a file, but a variable names the app", withFile, { POUNCE_APP: "./app.ts" }, undefined],
  ["a file, and other variables", withFile, { POUNCE_PORT: "80" }, "pounce.toml"],
])("%s", (_, cwd, env: Record<string, string>, expected) => {
  expect(usualFile(env, cwd)).toBe(expected);
});
