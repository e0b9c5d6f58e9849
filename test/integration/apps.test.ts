// The same apps under `bun` itself, under pounce, and after `pounce build`: what they find is the
// same, but for what is on the lists of test/apps, each with its reason.
//
// So they guard what pounce relies on and Bun does not document: that an executable which may load
// .env files (--compile-autoload-dotenv) and is told of none (--compile-exec-argv=--env-file=)
// heeds what tsconfig.json says of JSX in the folder that it is started in, and leaves NODE_ENV as
// it is; that `Bun.main` can be set; that a loader's text with "// @bun" and an inline source map
// is run as it is; that BUN_BE_BUN=1 makes it Bun.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../helpers/requests.ts";
import { startPounce } from "../helpers/server.ts";
import { BUILT, type Case, CASES, UNDER_POUNCE } from "../apps/cases.ts";
import { type Setting, SETTINGS } from "../apps/settings.ts";
import {
  answer,
  built,
  folderOf,
  type Served,
  underBun,
  underPounce,
} from "../helpers/three-ways.ts";

const names = Object.keys(CASES);
const folderName = (name: string): string => `case-${names.indexOf(name)}`;

function moduleOf(name: string, { extension = "ts" }: Case): string {
  return `${folderName(name)}/case.${extension}`;
}

/** An app that answers for each case by its number. */
function appOf(): string {
  const loaders = Object.entries(CASES).map(
    ([name, it]) => `() => import("./${moduleOf(name, it)}")`,
  );
  return `
const cases = [${loaders.join(",\n")}];
const asText = (key, value) => (value === undefined ? "undefined" : value);
export default {
  async fetch(request) {
    const number = Number(new URL(request.url).pathname.slice(1));
    try {
      const module = await cases[number]();
      const run = module.default?.default ?? module.default;
      return new Response(JSON.stringify(await run(), asText) ?? "undefined");
    } catch (error) {
      return new Response("failed: " + Bun.inspect(error));
    }
  },
};`;
}

function files(): Record<string, string | Uint8Array<ArrayBuffer>> {
  const all: Record<string, string | Uint8Array<ArrayBuffer>> = {
    "app.js": appOf(),
    ".env": "FROM_DOTENV=1",
    "bunfig.toml": 'preload = ["./preload.ts"]',
    "preload.ts": 'Reflect.set(globalThis, "preloaded", "run");',
    "in-cwd.txt": "in the working directory",
  };
  for (const [name, it] of Object.entries(CASES)) {
    all[moduleOf(name, it)] = it.source.replaceAll("HERE", folderName(name));
    for (const [file, content] of Object.entries(it.files ?? {})) {
      all[`${folderName(name)}/${file}`] = content;
    }
  }
  return all;
}

let folder: Awaited<ReturnType<typeof folderOf>>;
let bun: Served, pounce: Served, executable: Served;

beforeAll(async () => {
  folder = await folderOf(files());
  [bun, pounce, executable] = await Promise.all([
    underBun(folder.dir, "./app.js"),
    underPounce(folder.dir, "./app.js"),
    built(folder.dir, "./app.js"),
  ]);
}, 60_000);

afterAll(async () => {
  await Promise.all([bun, pounce, executable].map((it) => it?.[Symbol.asyncDispose]()));
  folder?.[Symbol.dispose]();
});

describe("what an app finds is what it finds under bun", () => {
  test.concurrent.each(names)(
    "%s",
    async (name) => {
      const path = `/${names.indexOf(name)}`;
      const [expected, found, inside] = await Promise.all(
        [bun, pounce, executable].map((served) => answer(served, path)),
      );
      if (process.env["SHOW"]) console.log(name, { expected, found, inside });
      if (name in UNDER_POUNCE) expect(found).not.toBe(expected as string);
      else expect(found).toBe(expected as string);
      if (name in BUILT || name in UNDER_POUNCE) expect(inside).not.toBe(expected as string);
      else expect(inside).toBe(expected as string);
    },
    60_000,
  );
});

function place(index: number): string {
  return join(folder.dir, "settings", String(index));
}

async function write(dir: string, { tsconfig, files: texts, links = {} }: Setting): Promise<void> {
  if (tsconfig !== undefined) await Bun.write(join(dir, "tsconfig.json"), tsconfig);
  for (const [name, text] of Object.entries(texts)) await Bun.write(join(dir, name), text);
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(dir, name));
}

/** What an app has printed on stdout and on stderr, without the lines of who serves it. */
function printedBy({ logs }: Served): string[][] {
  const own = /^(\S+ )?\[[A-Z]+\] |^Started development server/;
  return ["stdout", "stderr"].map((stream) =>
    logs.lines.filter((it) => it.stream === stream && !own.test(it.text)).map(({ text }) => text),
  );
}

describe("what an app becomes by its files and tsconfig.json is what it becomes under bun", () => {
  const settings = Object.entries(SETTINGS).map(([name, it], index) => ({ name, index, it }));
  let one: Served;

  beforeAll(async () => {
    for (const { index, it } of settings) await write(place(index), it);
    // One executable with all of them inside: for each file the nearest tsconfig.json counts.
    const loaders = settings
      // The bundler refuses one that does not parse.
      .filter(({ it: { tsconfig } }) => tsconfig?.endsWith("{") !== true)
      .map(
        ({ index, it: { app = "app.tsx" } }) =>
          `${index}: () => import("./settings/${index}/${app}")`,
      );
    const app = `const apps = { ${loaders} };
      export default { fetch: async (request) => (await apps[new URL(request.url).pathname.slice(1)]()).default.fetch(request) };`;
    await Bun.write(join(folder.dir, "settings.js"), app);
    one = await built(folder.dir, "./settings.js");
  }, 60_000);
  afterAll(() => one?.[Symbol.asyncDispose]());

  test.concurrent.each(settings)(
    "$name",
    async ({ index, it: { app = "app.tsx", env, prints, built: why } }) => {
      const dir = place(index);
      await using first = await underBun(dir, app, env);
      await using second = await underPounce(dir, app, env);
      const [expected, found, inside] = await Promise.all([
        answer(first),
        answer(second),
        answer(one, `/${index}`),
      ]);
      if (process.env["SHOW"]) console.log(index, { expected, found, inside });
      expect(found).toBe(expected);
      if (why === undefined) expect(inside).toBe(expected);
      else expect(inside).not.toBe(expected);
      if (prints === true) expect(printedBy(second)).toEqual(printedBy(first));
    },
    60_000,
  );
});

function jsxSettings(jsxFactory: string): string {
  return JSON.stringify({ compilerOptions: { jsx: "react", jsxFactory } });
}

test("an app's tsconfig.json counts wherever it runs, and as it is at the reload", async () => {
  const app =
    'const h = (t: string) => "h: " + t; const k = (t: string) => "k: " + t; export default { fetch: () => Response.json([<p/>, process.cwd()]), h, k };';
  await using server = await startPounce({
    config: { app: "./apps/one/app.tsx", workers: 1 },
    prepare: async (dir) => {
      await Bun.write(join(dir, "tsconfig.json"), jsxSettings("none"));
      await Bun.write(join(dir, "apps/one/tsconfig.json"), jsxSettings("h"));
      await Bun.write(join(dir, "apps/one/app.tsx"), app);
    },
  });
  expect(JSON.parse((await ask(server, "/")).text)).toEqual(["h: p", server.dir]);
  await Bun.write(join(server.dir, "apps/one/tsconfig.json"), jsxSettings("k"));
  await server.reload();
  expect(JSON.parse((await ask(server, "/")).text)).toEqual(["k: p", server.dir]);
}, 60_000);
