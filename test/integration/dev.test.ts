// `pounce dev`: a change of what was loaded is a reload and one line, and nothing else is. One
// server for all of it, so the claims build on each other.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { spawnPounce, type ServerProcess, stopAllServers } from "../helpers/server.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

afterAll(stopAllServers);

const FILES = {
  ".gitignore": "generated/\n*.log\n",
  ".git/HEAD": "ref: refs/heads/main\n",
  "pounce.toml":
    'app = "./work/app.ts"\nport = 0\npid_file = "pounce.pid"\nenv_file = ".env"\n' +
    '[log]\nfile = "server.log"\nformat = "json"\n',
  ".env": "GREETING=hello\n",
  "lib/package.json": '{ "name": "lib", "main": "index.ts" }',
  "lib/index.ts": 'export const lib = "lib";',
  "work/word.ts": 'export const word = "one";',
  "work/data.json": '{ "data": 1 }',
  "work/generated/code.ts": 'export const code = "code";',
  "work/lazy.ts": 'export const lazy = "lazy";',
  "work/page.html": '<script src="./client.ts"></script>',
  "work/client.ts": 'document.title = "page";',
  "work/app.ts": `
    import { lib } from "lib";
    import data from "./data.json";
    import { code } from "./generated/code.ts";
    import { word } from "./word.ts";
    import page from "./page.html";
    const answer = [word, lib, data.data, code, process.env.GREETING].join(" ");
    export default {
      routes: { "/page": page },
      async fetch(request) {
        if (request.url.endsWith("/lazy")) return new Response((await import("./lazy.ts")).lazy);
        return new Response(answer);
      },
    };`,
};

/**
 * How often a claim about what comes together is tried. A busy machine may stop the test between
 * two of its steps for so long that they are two changes.
 */
const TRIES = 5;

/** A module whose process is killed, so that no page can say what is wrong. */
const KILLED = 'Bun.spawnSync(["sh", "-c", "kill -9 $PPID"]); export const word = "";';

let server: ServerProcess;
const path = (name: string): string => join(server.dir, name);

/** Writes a file as some programs do: into it, which others may see half done. */
function write(name: string, text: string): void {
  writeFileSync(path(name), text);
}

async function answer(at = "/"): Promise<string> {
  // A connection that is kept may still be one of the old version.
  const response = await fetch(`http://127.0.0.1:${server.port}${at}`, { keepalive: false });
  return response.text();
}

/** What was said of changes, without that a version is slow to load on this machine. */
function said(after: number): string[] {
  return server.logs.messages(after).filter((line) => !line.includes(": still loading after "));
}

/** Does something, and waits for the one line about it. Returns that line. */
async function told(act: () => void): Promise<string> {
  const after = server.logs.mark();
  act();
  return server.waitForLog(/ changed: (?!still)/, { after });
}

/** Does what should change nothing, and then what does. Returns all that was said. */
async function toldOfNothing(act: () => void): Promise<string[]> {
  const after = server.logs.mark();
  act();
  // What had come of it would have been said before.
  await Bun.sleep(60);
  const data = Math.random();
  write("work/data.json", `{ "data": ${data} }`);
  for (let count = 1, text = ""; !text.includes(String(data)); count += 1) {
    await server.waitForLog(/ changed: (?!still)/, { after, count });
    text = await answer();
  }
  return said(after);
}

/** Does several steps until they are one change. Returns all that was said of the last try. */
async function toldOnce(act: (nth: number) => void): Promise<string[]> {
  for (let nth = 1; ; nth += 1) {
    const after = server.logs.mark();
    await told(() => act(nth));
    const text = await answer();
    const later = await toldOfNothing(() => undefined);
    const lines = said(after);
    if ((lines.length === 2 && later.length === 1) || nth === TRIES) return [text, ...lines];
  }
}

beforeAll(async () => {
  server = await spawnPounce({
    argv: ["dev", "--config", "pounce.toml", "--watch", "templates"],
    prepare: async (dir) => {
      rmSync(join(dir, "node_modules"));
      for (const [name, text] of Object.entries(FILES)) await Bun.write(join(dir, name), text);
      mkdirSync(join(dir, "templates"));
      mkdirSync(join(dir, "node_modules"));
      symlinkSync("../lib", join(dir, "node_modules/lib"));
    },
  });
  await server.untilListening();
});

describe("pounce dev", () => {
  test("says in one line where it listens, and takes no file of a server in production", async () => {
    expect(await answer()).toBe("one lib 1 code hello");
    const lines = said(0);
    expect(lines).toEqual([expect.stringMatching(/^\[INFO\] Listening on http:\S+ — \d+ files /)]);
    expect(["pounce.pid", "server.log"].filter((name) => existsSync(path(name)))).toEqual([]);
  });

  test.each([
    ["an imported file", "work/word.ts", 'export const word = "two";', "two lib 1 code hello"],
    ["a linked package", "lib/index.ts", 'export const lib = "new";', "two new 1 code hello"],
    ["imported JSON", "work/data.json", '{ "data": 2 }', "two new 2 code hello"],
    [
      "a loaded file that git ignores",
      "work/generated/code.ts",
      'export const code = "made";',
      "two new 2 made hello",
    ],
    ["a file of variables", ".env", "GREETING=good\n", "two new 2 made good"],
  ])("a change of %s is served, and told in one line", async (_, name, text, expected) => {
    const after = server.logs.mark();
    expect(await told(() => write(name, text))).toMatch(
      new RegExp(`^\\[INFO\\] ${name} changed: generation \\d+ serves, \\d+ ms after the save$`),
    );
    expect(await answer()).toBe(expected);
    expect(said(after)).toHaveLength(1);
  });

  test("so is one of the configuration, of what a page is bundled from, of what --watch names", async () => {
    const toml = FILES["pounce.toml"].replace("[log]", '[env]\nGREETING = "hi"\n[log]');
    await told(() => write("pounce.toml", toml));
    expect(await answer()).toEndWith(" hi");
    expect(await told(() => write("work/client.ts", 'document.title = "2";'))).toContain(
      "client.ts",
    );
    expect(await told(() => write("templates/a.tpl", "a"))).toContain("templates/a.tpl changed");
    mkdirSync(path("templates/more"));
    expect(await told(() => write("templates/more/b.tpl", "b"))).toContain("more/b.tpl changed");
  });

  test("a module that is imported later is watched from then on", async () => {
    expect(await answer("/lazy")).toBe("lazy");
    // Whether the worker has told of it by now or not.
    await told(() => write("work/lazy.ts", 'export const lazy = "2";'));
    expect(await answer("/lazy")).toBe("2");
  });

  test("what is not loaded, was only touched, or holds what it held, changes nothing", async () => {
    const lines = await toldOfNothing(() => {
      write("work/other.ts", "export {};");
      write("work/app.log", "a line");
      write("README.md", "text");
      utimesSync(path("work/word.ts"), new Date(), new Date());
      write("work/word.ts", readFileSync(path("work/word.ts"), "utf8"));
      rmSync(path("work/other.ts"));
    });
    expect(lines).toEqual([expect.stringContaining("work/data.json changed: ")]);
  });

  test.each<[string, (nth: number) => void]>([
    [
      "a new file that takes the name",
      (nth) => {
        write("work/.word.ts.tmp", `export const word = "renamed${nth}";`);
        renameSync(path("work/.word.ts.tmp"), path("work/word.ts"));
      },
    ],
    [
      "a file that replaces a backup",
      (nth) => {
        renameSync(path("work/word.ts"), path("work/word.ts~"));
        write("work/word.ts", `export const word = "backup${nth}";`);
        rmSync(path("work/word.ts~"));
      },
    ],
    [
      "a folder that is replaced",
      (nth) => {
        renameSync(path("work"), path("old"));
        mkdirSync(path("work"));
        for (const name of ["app.ts", "data.json", "page.html", "client.ts", "lazy.ts"]) {
          writeFileSync(path(`work/${name}`), readFileSync(path(`old/${name}`)));
        }
        mkdirSync(path("work/generated"));
        renameSync(path("old/generated/code.ts"), path("work/generated/code.ts"));
        write("work/word.ts", `export const word = "folder${nth}";`);
        rmSync(path("old"), { recursive: true });
      },
    ],
    ["a file that is appended to", () => appendFileSync(path("work/word.ts"), "// more")],
  ])("%s is one change", async (_, act) => {
    const [text, ...lines] = await toldOnce(act);
    expect(lines).toEqual([
      expect.stringMatching(/^\[INFO\] work.* changed: generation \d+ serves, /),
      expect.stringMatching(/^\[INFO\] work\/data\.json changed: generation \d+ serves, /),
    ]);
    expect(text).toStartWith(
      /word = "(\w+)/.exec(readFileSync(path("work/word.ts"), "utf8"))?.[1] ?? "?",
    );
  });

  test("a burst of 50 files is one reload", async () => {
    const files = Array.from({ length: 50 }, (_, n) => `work/f${n}.ts`);
    for (const file of files) write(file, "export default 0;");
    const imports = files.map((_, n) => `import f${n} from "./f${n}.ts";`);
    const sum = files.map((_, n) => `f${n}`).join(" + ");
    await told(() => write("work/word.ts", `${imports.join("\n")} export const word = ${sum};`));
    expect(await answer()).toStartWith("0 ");
    const [text, line] = await toldOnce((nth) => {
      for (const file of files) write(file, `export default ${nth};`);
    });
    expect(line).toMatch(/work\/f\d+\.ts and 49 more changed: generation \d+ serves/);
    expect(Number.parseInt(text ?? "", 10) % 50).toBe(0);
    expect(text).not.toStartWith("0 ");
  });

  test("a version that is broken is told with its place, and a change mends it", async () => {
    const after = server.logs.mark();
    const broken = await told(() => write("work/word.ts", 'export { word } from "./gone.ts";'));
    expect(broken).toStartWith("[ERROR] work/word.ts changed: ");
    expect(server.logs.messages(after).join("\n")).toContain("work/word.ts:1:");
    const mended = await told(() => write("work/gone.ts", 'export const word = "mended";'));
    expect(mended).toMatch(/^\[INFO\] work\/gone\.ts changed: mended, generation \d+ serves, /);
    expect(await answer()).toStartWith("mended ");
    const killed = await told(() => write("work/gone.ts", KILLED));
    expect(killed).toContain("the new version does not start, generation ");
    await told(() => write("work/gone.ts", 'export const word = "lives";'));
    expect(await answer()).toStartWith("lives ");
  });

  test("a second one takes another port, and says who has this one and what it does not read", async () => {
    const name = `process ${server.pid} (pounce dev ${path("pounce.toml")})`.slice(0, 70);
    await using second = await spawnPounce({
      argv: ["dev"],
      config: { port: server.port },
      prepare: async (dir) => void (await Bun.write(join(dir, ".env"), "A=1")),
    });
    await second.untilListening();
    const [taken] = second.logs.matching(/^\[WARN\]/);
    expect(taken).toStartWith(`[WARN] Port ${server.port} is in use by ${name}`);
    expect(taken).toMatch(/\): listening on port \d+$/);
    expect(second.logs.messages()).toContain("[INFO] .env is not read: --env-file .env");
  });

  test("HUP reloads, INT ends it without waiting for a stream, and nothing is left", async () => {
    const after = server.logs.mark();
    server.hup();
    await server.waitForLog(/^\[INFO\] SIGHUP: generation \d+ serves$/, { after });
    const stream =
      'export default { fetch: () => new Response(new ReadableStream({ pull: () => new Promise(() => {}), start: (c) => c.enqueue("a") })) };';
    await told(() => write("work/app.ts", stream));
    const open = await fetch(`http://127.0.0.1:${server.port}/`);
    server.signal("SIGINT");
    expect((await server.exited).code).toBe(0);
    await open.text().catch(() => "");
    await server.untilNothingIsLeft(2000);
  });
});

test("a start that fails waits for the change that mends it", async () => {
  const app = "work/app.ts";
  await using broken = await spawnPounce({
    argv: ["dev", "work/app.ts", "--port", "0"],
    prepare: async (dir) => void (await Bun.write(join(dir, app), KILLED)),
  });
  await broken.waitForLog("waiting for a change that mends it");
  const mended = 'export default () => new Response("mended");';
  writeFileSync(join(broken.dir, app), mended);
  await broken.waitForLog("work/app.ts changed: mended, generation 1 serves");
  await broken.untilListening();
  const response = await fetch(`http://127.0.0.1:${broken.port}/`);
  expect(await response.text()).toBe("mended");
});
