// `pounce build`: one executable with pounce and an app, made by the executable itself.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { honoApp, nodeModules } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask } from "../helpers/requests.ts";
import { pounceBinary, type ServerProcess, spawnExecutable } from "../helpers/server.ts";
import { stopAllServers } from "../helpers/server.ts";
import { WORKER_CHANNEL } from "../../src/ipc/inherited.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "pounce-build-"))));
afterEach(() => rmSync(dir, { recursive: true }));
afterAll(stopAllServers);

/** No Bun and no package manager can be found. */
const environment = (): Record<string, string> => ({ PATH: "/nowhere", PWD: dir });

function run(executable: string, ...argv: string[]) {
  const result = Bun.spawnSync([executable, ...argv], {
    cwd: dir,
    env: environment(),
  });
  const [stdout, stderr] = [result.stdout.toString(), result.stderr.toString()];
  return { code: result.exitCode, stdout, stderr };
}

function build(source: string, outfile: string): void {
  writeFileSync(join(dir, "app.ts"), source);
  const made = run(pounceBinary(), "build", "./app.ts", "-o", outfile);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toMatch(/^wrote .* \(\d+\.\d MB, linux-(x64|arm64)(-musl)?\)\n$/);
}

/** An app that answers with its version. */
function tiny(version: string): string {
  return `export default () => new Response("${version}");`;
}

let tinyFolder: string;
beforeAll(() => void (tinyFolder = mkdtempSync(join(tmpdir(), "pounce-built-"))));
afterAll(() => rmSync(tinyFolder, { recursive: true }));

/** Puts there an executable of `tiny(version)`, which is built once, in one step. */
function putTiny(version: string, place: string): void {
  const built = join(tinyFolder, version);
  if (!existsSync(built)) build(tiny(version), built);
  copyFileSync(built, `${place}.new`);
  renameSync(`${place}.new`, place);
}

/** Starts the executable `server` in an empty folder with nothing but it. */
async function serve(prepare: (folder: string) => void): Promise<ServerProcess> {
  const server = await spawnExecutable("./server", ["-p", "0", "-w", "2"], prepare);
  try {
    return await server.untilListening();
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

test("the executable serves its app in an empty folder; replaced, a HUP deploys the next one and loses nothing", async () => {
  symlinkSync(nodeModules, join(dir, "node_modules"));
  await using server = await serve((folder) => build(honoApp("v0"), join(folder, "server")));
  expect(readdirSync(server.dir).filter((name) => !name.endsWith(".sock"))).toEqual(["server"]);
  const modes = ["connect", "keep-alive"] as const;
  const load = startLoad({ port: server.port, modes, clients: 8, gapMs: 20 });
  await load.untilMore(20);
  for (const version of ["v1", "v2"]) {
    // The load goes on meanwhile: clients that say nothing for long are closed.
    writeFileSync(join(dir, "app.ts"), honoApp(version));
    const argv = [pounceBinary(), "build", "./app.ts", "-o", join(server.dir, "server")];
    const made = Bun.spawn(argv, {
      cwd: dir,
      env: environment(),
      stdio: ["ignore", "ignore", "inherit"],
    });
    expect(await made.exited).toBe(0);
    await load.untilMore(5);
    await server.reload(60_000);
  }
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(["v0", "v1", "v2"]);
}, 180_000);

/** A program in the folder that is built in, which starts a server only as the main module. */
function program(version: string): string {
  return [
    'import express from "express";',
    'import { other } from "./other.ts";',
    'import { optional } from "asks-for-more";',
    "const app = express();",
    `const found = [import.meta.main, other, process.argv.slice(2), ...optional()];`,
    `app.get("/", (_, response) => void response.set("x-version", "${version}").json(found));`,
    'if (import.meta.main) app.listen(3000, () => void (process as any).send("ready"));',
  ].join("\n");
}

test("a program is the main module, may ask for packages that are not there, and gets its arguments", async () => {
  const asks = join(dir, "node_modules/asks-for-more");
  mkdirSync(asks, { recursive: true });
  symlinkSync(join(nodeModules, "express"), join(dir, "node_modules/express"));
  writeFileSync(
    join(asks, "index.js"),
    'exports.optional = () => { const get = () => require("no-such/part"); ' +
      "try { get(); } catch (error) { return [error.code, require('by-require')]; } };",
  );
  const byRequire = join(dir, "node_modules/by-require");
  mkdirSync(byRequire);
  writeFileSync(join(byRequire, "package.json"), '{"exports":{"require":"./it.cjs"}}');
  writeFileSync(join(byRequire, "it.cjs"), 'module.exports = "is there";');
  writeFileSync(
    join(dir, "other.ts"),
    "export const other = import.meta.main; if (other) process.exit(5);",
  );
  await using server = await spawnExecutable(
    "./server",
    ["-p", "0", "-w", "1", "--", "--verbose"],
    (folder) => build(program("v0"), join(folder, "server")),
  );
  await server.untilListening();
  const found = [true, false, ["--verbose"], "MODULE_NOT_FOUND", "is there"];
  const first = await ask(server, "/");
  expect(JSON.parse(first.text)).toEqual(found);
  build(program("v1"), join(server.dir, "server"));
  await server.reload(60_000);
  const second = await ask(server, "/");
  expect(second.headers.get("x-version")).toBe("v1");
  expect(JSON.parse(second.text)).toEqual(found);
}, 120_000);

test("a worker that crashes is replaced by one of the same version, whatever is on the disk by then", async () => {
  await using server = await spawnExecutable(
    "./server",
    ["-p", "0", "-w", "1", "--log-level", "debug"],
    (folder) => putTiny("v0", join(folder, "server")),
  );
  await server.untilListening();
  putTiny("v1", join(server.dir, "server"));
  const [victim] = server.workers();
  if (victim === undefined) throw new Error("there is no worker");
  const after = server.logs.mark();
  process.kill(victim.pid, "SIGKILL");
  await server.waitForLog("Worker 1 (generation 0) is ready", { after });
  expect((await ask(server, "/")).text).toBe("v0");
  await server.reload();
  expect((await ask(server, "/")).text).toBe("v1");
}, 60_000);

test("the executable is found through a link, which is followed again at each reload", async () => {
  await using server = await spawnExecutable("current/server", ["-p", "0", "-w", "1"], (folder) => {
    for (const version of ["v0", "v1"]) {
      mkdirSync(join(folder, version));
      putTiny(version, join(folder, version, "server"));
    }
    symlinkSync("v0", join(folder, "current"));
  });
  await server.untilListening();
  expect((await ask(server, "/")).text).toBe("v0");
  symlinkSync("v1", join(server.dir, "current.new"));
  await rename(join(server.dir, "current.new"), join(server.dir, "current"));
  rmSync(join(server.dir, "v0"), { recursive: true });
  await server.reload();
  expect((await ask(server, "/")).text).toBe("v1");
}, 60_000);

test("an app brings what it imports, files too, and its errors show its own lines", async () => {
  writeFileSync(join(dir, "greeting.txt"), "from a file");
  writeFileSync(
    join(dir, "fails.ts"),
    "export function fails(): never {\n  // Why not.\n  throw new Error('as asked');\n}\n",
  );
  const source = [
    'import greeting from "./greeting.txt" with { type: "file" };',
    'import { fails } from "./fails.ts";',
    "export default { async fetch(request: Request) {",
    '  if (request.url.endsWith("/fail")) fails();',
    "  return new Response(await Bun.file(greeting).text());",
    "} };",
  ].join("\n");
  await using server = await serve((folder) => build(source, join(folder, "server")));
  expect((await ask(server, "/")).text).toBe("from a file");
  expect((await ask(server, "/fail")).status).toBe(500);
  await server.waitForLog(/at fails \(.*fails\.ts:3:\d+\)/);
  await server.waitForLog(/at fetch \(.*app\.ts:4:\d+\)/);
  const told = server.logs.messages();
  expect(told.findIndex((line) => line.includes("3 |   throw new Error('as asked');"))).toBe(
    told.findIndex((line) => /^ *\^$/.test(line)) - 1,
  );
  expect(told.filter((line) => /^ +at /.test(line))).toHaveLength(2);
}, 60_000);

test("a build names the places where the app asks for its own folder, and what to do", () => {
  mkdirSync(join(dir, "node_modules/looks-beside"), { recursive: true });
  writeFileSync(
    join(dir, "node_modules/looks-beside/index.js"),
    'module.exports = require("node:path").join(__dirname, "data");',
  );
  const source = [
    'import "looks-beside";',
    'import { readFileSync } from "node:fs";',
    "export default () => new Response(readFileSync(`${import.meta.dir}/public/a.txt`));",
  ];
  writeFileSync(join(dir, "app.ts"), source.join("\n"));
  const { code, stdout, stderr } = run(pounceBinary(), "build", "./app.ts", "-o", "server");
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^wrote /) });
  expect(stderr.split("\n")).toEqual([
    "pounce build: app.ts:3:51: import.meta.dir is a place inside the executable, where no files are",
    expect.stringMatching(/^pounce build: files that .* with \{ type: "file" \}, or .*process.cwd/),
    "pounce build: packages that may look for files beside their own code: looks-beside",
    "",
  ]);
}, 60_000);

test("an executable without the app, or of another pounce, fails the reload and says why", async () => {
  await using server = await serve((folder) => putTiny("v0", join(folder, "server")));
  const place = join(server.dir, "server");
  // An executable that says it is pounce 0.0.1, as another version would.
  await Bun.write(
    join(dir, "old.ts"),
    'import { writeSync } from "node:fs";\n' +
      `writeSync(${WORKER_CHANNEL}, '{"type":"started","version":"0.0.1"}\\n');\n` +
      "setInterval(() => {}, 1000);\n",
  );
  const old = join(dir, "old");
  const compiled = Bun.spawnSync(
    [process.execPath, "build", "--compile", "old.ts", "--outfile", old],
    { cwd: dir },
  );
  expect(compiled.exitCode).toBe(0);
  await rename(old, place);
  const lines = await server.reloadThatFails();
  expect(lines.join("\n")).toContain("has been replaced by version 0.0.1 of pounce");
  expect(lines.at(-1)).toContain("Reload failed — continuing with previous version");

  await Bun.write(old, Bun.file(pounceBinary()));
  Bun.spawnSync(["chmod", "+x", old]);
  await rename(old, place);
  expect((await server.reloadThatFails()).join("\n")).toContain("replaced by one without an app");
  expect((await ask(server, "/")).text).toBe("v0");
}, 60_000);

describe("what cannot be built is exit code 1, the app's own error, and nothing left behind", () => {
  const cases: [string, string, string[], RegExp][] = [
    ["a missing package", 'import "no-such";', ["./app.ts", "-o", "x"], /no-such[^]*app\.ts:1:8/],
    ["a syntax error", "const = ;", ["./app.ts", "-o", "x"], /Expected identifier[^]*app\.ts:1:7/],
    ["a missing file", "", ["./apq.ts", "-o", "x"], /app \.\/apq\.ts: no such module in /],
    ["a folder as the result", "", ["./app.ts", "-o", "."], /-o: .* is a folder/],
    [
      "the app as the result",
      tiny("v0"),
      ["./app.ts", "-o", "app.ts"],
      /app\.ts exists and is not an/,
    ],
    [
      "a result in no folder",
      "",
      ["./app.ts", "-o", "no/x"],
      /-o: cannot write .*no\/x: ENOENT: [^,]*$/,
    ],
  ];
  test.each(cases)("%s", (_, source, argv, message) => {
    writeFileSync(join(dir, "app.ts"), source);
    const { code, stdout, stderr } = run(pounceBinary(), "build", ...argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(readdirSync(dir)).toEqual(["app.ts"]);
    expect(readFileSync(join(dir, "app.ts"), "utf8")).toBe(source);
  });

  test("and what was there before stays", () => {
    const place = join(dir, "server");
    putTiny("v0", place);
    const before = statSync(place).ino;
    writeFileSync(join(dir, "app.ts"), "const = ;");
    expect(run(pounceBinary(), "build", "./app.ts", "-o", place).code).toBe(1);
    expect(statSync(place).ino).toBe(before);
    expect(run(place, "build", "./app.ts", "-o", "x").stderr).toContain("already holds an app");
  }, 60_000);
});

test("its commands are about itself: what makes no sense in it is not offered, and says so", () => {
  const server = join(dir, "my-server");
  putTiny("v0", server);
  writeFileSync(join(dir, "app.ts"), tiny("v0"));
  const text = (...argv: string[]): string => {
    const { code, stdout, stderr } = run(server, ...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };
  const help = text("--help");
  expect(help).toStartWith("my-server [COMMAND] [flags]\n");
  expect(help).toMatch(/^ {2}reload /m);
  expect(help).not.toMatch(/^ {2}(init|build) /m);
  expect(text("help")).toStartWith(help);
  expect(text("help", "apps")).toContain("**an object with a `fetch` function**");
  expect(text("serve", "--help")).toContain("or an export of one [the one inside]\n");
  const started = run(server, "start").stderr;
  expect(started).toContain('"my-server serve" serves in the foreground; "pounce init systemd" ');
  expect(text("reload", "--help")).toContain("  my-server reload --wait --config pounce.toml\n");
  for (const argv of [["init"], ["build", "./app.ts", "-o", "x"], ["-c", "x.toml", "init"]]) {
    const { code, stderr } = run(server, ...argv);
    expect({ code, lines: stderr.split("\n").length }).toEqual({ code: 2, lines: 2 });
    expect(stderr).toContain("is not available: this executable already holds an app");
  }
  expect(run(server, "help", "init").code).toBe(2);
  expect(readdirSync(dir).toSorted()).toEqual(["app.ts", "my-server"]);
  rmSync(join(dir, "app.ts"));
  expect(text("check", "--port", "0")).toMatch(/^ok {3}app: \.\/app\.ts: a function, loaded in /m);
  expect(text("completion", "bash")).toContain("complete -o default -F _my_server my-server\n");
  expect(text("completion", "fish")).not.toMatch(/-a (init|build) /);
  expect(JSON.parse(text("schema")).title).toBe("pounce.toml");
  expect(JSON.parse(text("ls", "--json"))).toHaveProperty("servers");
}, 60_000);

test("a signal ends a build at once and leaves nothing behind", async () => {
  writeFileSync(join(dir, "app.ts"), tiny("v0"));
  const argv = [pounceBinary(), "build", "./app.ts", "-o", "server"];
  const child = Bun.spawn(argv, {
    cwd: dir,
    env: { PWD: dir },
    stderr: "ignore",
    stdout: "ignore",
  });
  while (readdirSync(dir).length === 1) await Bun.sleep(2);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(143);
  expect(readdirSync(dir)).toEqual(["app.ts"]);
}, 60_000);

describe("wrong usage is one line and exit code 2", () => {
  test.each<[string[], string]>([
    [["./app.ts"], "--outfile: expected the file to write, got nothing"],
    [["-o", "x"], "APP: expected a module, got nothing"],
    [["./app.ts", "-o", "x", "--target", "darwin-arm64"], "for darwin-arm64 with --base"],
    [["./app.ts", "-o", "x", "--base", "app.ts"], "is not an executable of pounce"],
    [["./app.ts", "-o", "x", "--target", "win32"], "--target: expected one of linux-x64"],
  ])("%j", (argv, message) => {
    writeFileSync(join(dir, "app.ts"), "export default () => new Response()");
    const { code, stderr } = run(pounceBinary(), "build", ...argv);
    expect({ code, lines: stderr.split("\n").length }).toEqual({ code: 2, lines: 2 });
    expect(stderr).toContain(message);
  });
});
