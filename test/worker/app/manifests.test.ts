// Which files, beside its modules, an app is made of.
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Manifests } from "../../../src/worker/app/manifests.ts";

const FILES = {
  "package.json": "{}",
  "tsconfig.json": '{ "extends": ["./base", "some-package/tsconfig.json"] }',
  "base.json": '{ "extends": "./tsconfig.json" }',
  "src/app.ts": "",
  "src/deep/part.ts": "",
  "src/deep/package.json": "{}",
  "node_modules/plain/package.json": "{}",
  "node_modules/plain/tsconfig.json": "{}",
  "node_modules/plain/dist/esm/package.json": "{}",
  "node_modules/plain/dist/esm/index.js": "",
  "node_modules/@scope/name/package.json": "{}",
  "node_modules/@scope/name/index.js": "",
};

const OWN = ["base.json", "package.json", "tsconfig.json"];

test.each<[string, string[], string[]]>([
  ["the app's own, and what they extend", ["src/app.ts"], OWN],
  [
    "the nearest of each kind",
    ["src/deep/part.ts"],
    ["base.json", "src/deep/package.json", "tsconfig.json"],
  ],
  [
    "those of each module",
    ["src/deep/part.ts", "src/app.ts"],
    ["base.json", "package.json", "src/deep/package.json", "tsconfig.json"],
  ],
  ["each once", ["src/app.ts", "src/app.ts"], OWN],
  [
    "those of a package, and nothing above it",
    ["node_modules/plain/dist/esm/index.js"],
    ["node_modules/plain/dist/esm/package.json", "node_modules/plain/package.json"],
  ],
  [
    "those of a package in a scope",
    ["node_modules/@scope/name/index.js"],
    ["node_modules/@scope/name/package.json"],
  ],
])("%s", (_, modules, expected) => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-manifests-")));
  try {
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    const manifests = new Manifests();
    const found = modules.flatMap((module) => manifests.of(join(dir, module)));
    const inside = found.filter((path) => path.startsWith(`${dir}/`));
    const names = inside.map((path) => path.slice(dir.length + 1));
    expect(names.toSorted()).toEqual(expected);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
