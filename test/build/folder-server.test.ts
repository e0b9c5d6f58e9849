// Which servers are to be served from their folder.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { folderServer } from "../../src/build/folder-server.ts";

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "pounce-folder-"))));
afterAll(() => rmSync(dir, { recursive: true }));

test.each<[string | undefined, string, string[]]>([
  ["Next", "next/standalone/server.js", ["next/standalone/.next/BUILD_ID"]],
  ["Next", "own/main.ts", ["own/.next/BUILD_ID"]],
  [undefined, "no/main.ts", ["no/.next/cache/x"]],
  ["Nitro", ".output/server/index.mjs", [".output/nitro.json", ".output/public/a.txt"]],
  [undefined, "bare/server/index.mjs", ["bare/nitro.json"]],
  ["Astro", "dist/server/entry.mjs", ["dist/client/a.css"]],
  [undefined, "other/server/main.mjs", ["other/client/a.css"]],
  ["SvelteKit", "build/index.js", ["build/handler.js", "build/client/a.js"]],
  ["SvelteKit", "kit/handler.js", ["kit/handler.js", "kit/client/a.js"]],
  [undefined, "app/index.js", ["app/client/a.js"]],
  ["React Router", "node_modules/@react-router/serve/bin.cjs", []],
])("%p has made %s with %j", (maker, file, beside) => {
  for (const name of [file, ...beside]) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), "");
  }
  expect(folderServer(join(dir, file))).toBe(maker);
});
