// Which apps `pounce init` finds in a folder, the likeliest first.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foundApps, startScript } from "../../src/cli/found-apps.ts";

const root = mkdtempSync(join(tmpdir(), "pounce-found-"));
afterAll(() => rmSync(root, { recursive: true }));

const cases: [string, Record<string, string>, string[]][] = [
  ["nothing", {}, []],
  ["only other files", { "README.md": "", "util.ts": "" }, []],
  ["a usual name", { "server.ts": "" }, ["./server.ts"]],
  [
    "one in src, after one beside it",
    { "src/index.ts": "", "app.js": "" },
    ["./app.js", "./src/index.ts"],
  ],
  [
    "what a script starts comes first",
    {
      "package.json": '{ "scripts": { "start": "NODE_ENV=production node api/http.js --port 1" } }',
      "api/http.js": "",
      "app.ts": "",
    },
    ["./api/http.js", "./app.ts"],
  ],
  [
    "what a build has written comes last, also if it is the entry of the package",
    { "package.json": '{ "main": "dist/main.js" }', "dist/main.js": "", "src/main.ts": "" },
    ["./src/main.ts", "./dist/main.js"],
  ],
  [
    "the configuration of a tool is no app",
    { "package.json": '{ "scripts": { "dev": "vite -c vite.config.ts" } }', "vite.config.ts": "" },
    [],
  ],
  ["a package.json that cannot be read", { "package.json": "{", "main.ts": "" }, ["./main.ts"]],
  [
    "a name in quotes, in a file that begins with a mark of its byte order",
    {
      "package.json": `\uFEFF{ "scripts": { "start": "node 'api/my http.js' -p 1" } }`,
      "api/my http.js": "",
    },
    ["./api/my http.js"],
  ],
  ["no scripts", { "package.json": '{ "scripts": null }', "main.ts": "" }, ["./main.ts"]],
  ["one that is no object", { "package.json": "null", "main.ts": "" }, ["./main.ts"]],
  [
    "an installed program that is started, with what it is given",
    {
      "package.json": '{ "scripts": { "start": "NODE_ENV=production next start -H ::" } }',
      "node_modules/.bin/next": "",
      "server.ts": "",
    },
    ["./node_modules/.bin/next start -H ::", "./server.ts"],
  ],
  [
    "one that runs modules is none",
    {
      "package.json": '{ "scripts": { "start": "tsx server.ts" } }',
      "node_modules/.bin/tsx": "",
      "server.ts": "",
    },
    ["./server.ts"],
  ],
  ["a script outside", { "package.json": '{ "scripts": { "start": "node ../x.js" } }' }, []],
];

test.each(cases)("%s", async (name, files, expected) => {
  const folder = join(root, name.replaceAll(/\W/g, "-"));
  await Promise.all(
    Object.entries(files).map(([path, text]) => Bun.write(join(folder, path), text)),
  );
  expect(foundApps(folder).map(({ module, args }) => [module, ...args].join(" "))).toEqual(
    expected,
  );
});

test("the script that starts a package", async () => {
  const folder = join(root, "started");
  expect(startScript(folder)).toBeUndefined();
  await Bun.write(join(folder, "package.json"), '{ "scripts": { "start": "next start" } }');
  expect(startScript(folder)).toBe("next start");
});
