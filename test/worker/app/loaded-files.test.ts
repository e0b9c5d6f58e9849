// Bun does not document that `require.cache` lists modules of every kind; `pounce dev` watches what
// it lists.
import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoadedFiles } from "../../../src/worker/app/loaded-files.ts";

const FILES = {
  "app.ts":
    'import "./esm.ts"; import "./data.json"; import text from "./t.txt" with { type: "text" };\n' +
    'import "./page.html"; import "./c.toml"; import wasm from "./w.wasm" with { type: "file" };\n' +
    'require("./common.cjs"); export { text, wasm }; export const later = () => import("./lazy.ts");',
  "esm.ts": "export {};",
  "data.json": "{}",
  "t.txt": "text",
  "page.html": '<link rel="stylesheet" href="./style.css" /><script src="./client.ts"></script>',
  "style.css": "a { color: red }",
  "client.ts": "document.title = 'page';",
  "c.toml": "a = 1",
  "w.wasm": "",
  "common.cjs": "module.exports = 1;",
  "lazy.ts": "export {};",
};
const LATER = new Set(["client.ts", "lazy.ts", "style.css"]);

test("require.cache lists all modules, however they were loaded, and a page's files are added", async () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-loaded-")));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
  const told: string[] = [];
  const files = new LoadedFiles((more) => {
    told.push(
      ...more.filter((file) => file.startsWith(dir)).map((file) => file.slice(dir.length + 1)),
    );
  });
  const { later } = await import(join(dir, "app.ts"));
  files.look();
  const first = Object.keys(FILES).filter((name) => !LATER.has(name));
  expect(told.toSorted()).toEqual(first.toSorted());
  await later();
  files.look();
  expect(told.at(-1)).toBe("lazy.ts");
  await files.addPages();
  expect(told.toSorted()).toEqual(Object.keys(FILES).toSorted());
  rmSync(dir, { recursive: true });
});
