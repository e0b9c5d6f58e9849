// What `pounce dev` serves where nothing is named.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFoundApp } from "../../src/cli/found-input.ts";

const root = mkdtempSync(join(tmpdir(), "pounce-found-input-"));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, "server.ts"), "");
const empty = join(root, "empty");
mkdirSync(empty);

test("the app that is found", () => {
  const { input, note } = withFoundApp({ flags: { port: "1" }, env: {}, cwd: root });
  expect(input).toMatchObject({ positionalApp: "./server.ts", flags: { port: "1" } });
  expect(note).toBe("no app is named: ./server.ts is served, which was found here");
});

test("the demo, where none is found", () => {
  const given = { flags: {}, env: {}, cwd: empty };
  const { input, note } = withFoundApp(given);
  expect(input).toBe(given);
  expect(note).toContain("the built-in demo is served");
});

test.each([
  [{ flags: { config: "p.toml" }, env: {}, cwd: root }],
  [{ flags: { app: "./a.ts" }, env: {}, cwd: root }],
  [{ flags: {}, positionalApp: "./a.ts", env: {}, cwd: root }],
  [{ flags: {}, env: { POUNCE_APP: "./a.ts" }, cwd: root }],
])("what is named: %j", (given) => {
  expect(withFoundApp(given)).toEqual({ input: given, note: undefined });
});
