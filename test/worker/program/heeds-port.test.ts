// Whether a program's own files read PORT.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { heedsPort, readsPort } from "../../../src/worker/program/heeds-port.ts";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-heeds-port-")));
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  "const port = process.env.PORT || 3000;",
  'listen(Number(process.env["PORT"] ?? 3000))',
  "port: Bun.env.PORT,",
  "const { PORT } = process.env;",
  "const { PORT = 3000, HOST } = process.env;",
  'app.listen(configService.get<number>("PORT"));',
  "env.int('PORT')",
])("%s reads it", (text) => {
  expect(readsPort(text)).toBe(true);
});

test.each([
  "const PORT = 3000;\nconst url = process.env.URL;",
  "const PORT = 3000; const url = process.env.URL;",
  "listen(process.env.METRICS_PORT)",
  "listen(process.env.PORTS)",
  "export const PORT = 3000",
])("%s does not", (text) => {
  expect(readsPort(text)).toBe(false);
});

const READS = "export default process.env.PORT;";

/** Whether the program `main` of a project with these files heeds `PORT`. */
function heeds(project: string, main: string, files: Readonly<Record<string, string>>): boolean {
  for (const [name, text] of Object.entries(files)) {
    const file = join(dir, project, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return heedsPort(join(dir, project, main));
}

test("a program heeds PORT if any of its files reads it", () => {
  const files = {
    "main.ts": 'import type { A } from "./a.ts"; import { b } from "./lib/b.ts";',
    "lib/b.ts": 'const settings = require("../settings.cjs"); export const b = settings as string;',
    "settings.cjs": `module.exports = { port: process.env.PORT || 80 };`,
  };
  expect(heeds("own", "main.ts", files)).toBe(true);
});

test("what a package reads does not count, nor what cannot be read", () => {
  const files = {
    "main.js": 'import "package"; import "./main.js"; import "./not-there.js"; import "./bad.js";',
    "bad.js": "const = process.env.;",
    "node_modules/package/index.js": READS,
  };
  expect(heeds("foreign", "main.js", files)).toBe(false);
});
