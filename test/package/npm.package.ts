// The npm packages, installed by npm and Bun from files and from a registry on this machine, and
// then served, reloaded, updated under load and stopped as people would.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../../package.json";
import { npmPackages } from "../../scripts/package/npm.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { handOver } from "../helpers/handover.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { NpmRegistry } from "../helpers/npm-registry.ts";
import { buildVersion, type OtherVersion } from "../helpers/other-version.ts";
import { untilGone } from "../helpers/processes.ts";
import { versionsServed } from "../helpers/requests.ts";
import { pounceBinary, spawnExecutable, stopAllServers } from "../helpers/server.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = realpathSync(mkdtempSync(join(tmpdir(), "pounce npm ")));
const NEXT = "99.0.0";
const HERE = `${process.platform}-${process.arch}`;
/** Far from any that npm or Bun would need on this machine. */
const MINUTES = 300_000;

const registry = new NpmRegistry();
const bunPath = process.execPath;
let next: OtherVersion | undefined;

/** The packages of a version; only that for this system has a real executable. */
async function packages(of: string, executable: string) {
  const stub = join(work, "stub");
  writeFileSync(stub, "#!/bin/sh\necho another system >&2\nexit 9\n");
  const built = TARGETS.map((target) => {
    return { target, executable: target.name === HERE ? executable : stub };
  });
  return npmPackages({ root, version: of, built, seconds: 1_700_000_000 });
}

const file = (name: string): string => join(work, "files", `${name}-${version}.tgz`);

beforeAll(async () => {
  next = await buildVersion(NEXT);
  const first = await packages(version, pounceBinary());
  mkdirSync(join(work, "files"));
  for (const { path, content } of first) {
    writeFileSync(join(work, path.replace("npm/", "files/")), content);
  }
  await registry.publish(first);
  await registry.publish(await packages(NEXT, next.binary));
}, MINUTES);

afterAll(async () => {
  await stopAllServers();
  await registry[Symbol.asyncDispose]();
  await next?.remove();
  rmSync(work, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs a program in a folder, with caches of its own and the registry of this machine. */
async function run(cwd: string, argv: readonly string[]): Promise<Outcome> {
  const child = Bun.spawn([...argv], { cwd, env: environment(), stdout: "pipe", stderr: "pipe" });
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output: out + error };
}

function environment(): Record<string, string> {
  return {
    PATH: `${join(bunPath, "..")}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(work, "home"),
    TMPDIR: join(work, "tmp"),
    npm_config_registry: registry.url,
    npm_config_cache: join(work, "npm-cache"),
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
    BUN_INSTALL_CACHE_DIR: join(work, "bun-cache"),
  };
}

/** An empty project, in a folder with a space in its name. */
function project(name: string, manifest: object = {}): string {
  const dir = join(work, `my ${name}`);
  mkdirSync(dir, { recursive: true });
  mkdirSync(join(work, "tmp"), { recursive: true });
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "app", ...manifest }));
  return dir;
}

async function installs(dir: string, ...argv: string[]): Promise<void> {
  const outcome = await run(dir, argv);
  expect({ argv, ...outcome }).toMatchObject({ code: 0 });
}

/** Which executables a project has. */
function platformsIn(dir: string): string[] {
  const folder = join(dir, "node_modules/@pounce");
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

function started(dir: string, command = "node_modules/.bin/pounce"): Promise<ServerProcess> {
  return spawnExecutable(
    "./command",
    ["./app.ts", "-p", "0", "-w", "2", "--keep-alive-timeout", "2"],
    (folder) => {
      symlinkSync(join(dir, command), join(folder, "command"));
      writeFileSync(join(folder, "app.ts"), honoApp("v0"));
    },
    environment(),
  );
}

/** What a supervisor does: it knows the pid that it has started, and nothing else. */
async function servesAsItself(dir: string): Promise<void> {
  await using server = await started(dir);
  await server.untilListening();
  const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 16 });
  await load.untilMore(100);
  await server.writeApp(honoApp("v1"));
  await server.reload();
  await load.untilMore(100);
  expect(await versionsServed(server)).toEqual(["v1"]);
  expectNoLoss(await load.stop());
  expect(await server.stop()).toEqual({ code: 0, signal: null });
}

/** An update while it serves, and then USR2 to the pid that was started. */
async function updatesUnderLoad(dir: string, ...update: string[]): Promise<void> {
  await using server = await started(dir);
  await server.untilListening();
  const loadOf = () =>
    startLoad({ port: server.port, modes: ["connect", "keep-alive", "post"], clients: 16 });
  const during = loadOf();
  await during.untilMore(100);
  await installs(dir, ...update);
  await during.untilMore(100);
  expectNoLoss(await during.stop());
  // Between the update and the signal, workers of the old version are still replaced.
  const [killed] = server.workers();
  if (killed !== undefined) process.kill(killed.pid, "SIGKILL");
  await server.waitForLog(/Worker \d+ .*(killed|exited|crashed|died)/i);
  await server.untilWorkers((found) => found.length === 2);
  const load = loadOf();
  await load.untilMore(100);
  await server.writeApp(honoApp("v1"));
  const { pid, after } = await handOver(server);
  await server.waitForLog("Graceful reload complete", { after, timeoutMs: 40_000 });
  await untilGone([server.pid], 10_000);
  await load.untilMore(100);
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(["v0", "v1"]);
  const health = await run(dir, ["node_modules/.bin/pounce", "--version"]);
  expect(health.output).toStartWith(`pounce ${NEXT} `);
  const ran = await Bun.file(`/proc/${pid}/exe`).bytes();
  expect(Bun.hash(ran)).toBe(Bun.hash(await Bun.file(next?.binary ?? "").bytes()));
  process.kill(pid, "SIGTERM");
  await untilGone([pid], 20_000);
}

describe("npm", () => {
  test(
    "installs from the files, offline, and runs by npx and npm start",
    async () => {
      const dir = project("files", { scripts: { start: "pounce --version" } });
      await installs(dir, "npm", "install", "--offline", file("pounce"), file(`pounce-${HERE}`));
      for (const argv of [
        ["npx", "--offline", "pounce", "--version"],
        ["npm", "start", "-s"],
      ]) {
        const { code, output } = await run(dir, argv);
        expect([code, output]).toEqual([0, expect.stringContaining(`pounce ${version} (`)]);
      }
      await servesAsItself(dir);
    },
    MINUTES,
  );

  test(
    "installs from a registry the executable of this system alone, and updates it under load",
    async () => {
      const dir = project("registry");
      await installs(dir, "npm", "install", `pounce@${version}`);
      expect(platformsIn(dir)).toEqual([HERE]);
      await updatesUnderLoad(dir, "npm", "install", `pounce@${NEXT}`);
    },
    MINUTES,
  );

  test(
    "npm start passes TERM on, if its line begins with exec",
    async () => {
      const start = "exec pounce ./app.ts -p 0 -w 1";
      const dir = project("script", { scripts: { start } });
      writeFileSync(join(dir, "app.ts"), 'export default () => new Response("v0");');
      await installs(dir, "npm", "install", `pounce@${version}`);
      await using server = await spawnExecutable(
        "./npm",
        ["--prefix", dir, "start"],
        (folder) => symlinkSync(Bun.which("npm") ?? "", join(folder, "npm")),
        environment(),
      );
      await server.untilListening();
      expect((await server.stop()).code).toBe(0);
      expect(server.logs.text()).toContain("Stopped");
    },
    MINUTES,
  );

  test(
    "a unit for systemd names the link, which stays over updates",
    async () => {
      const dir = project("unit");
      writeFileSync(join(dir, "pounce.toml"), "");
      await installs(dir, "npm", "install", `pounce@${version}`);
      await installs(dir, "npx", "pounce", "init", "systemd");
      const unit = await Bun.file(join(dir, "pounce.service")).text();
      const command = join(dir, "node_modules/.bin/pounce");
      expect(unit).toContain(`ExecStart="${command}" --config "${join(dir, "pounce.toml")}"`);
    },
    MINUTES,
  );

  test(
    "npx, which keeps it for a while, names itself in no unit",
    async () => {
      const dir = project("npx unit");
      writeFileSync(join(dir, "pounce.toml"), "");
      await installs(dir, "npx", "--yes", `pounce@${NEXT}`, "init", "systemd");
      const unit = await Bun.file(join(dir, "pounce.service")).text();
      expect(unit).toContain("ExecStart=/usr/local/bin/pounce ");
    },
    MINUTES,
  );

  test(
    "npx runs it without an install",
    async () => {
      const { output } = await run(project("npx"), ["npx", "--yes", "pounce", "--version"]);
      expect(output).toContain(`pounce ${NEXT} (`);
    },
    MINUTES,
  );

  test(
    "installs globally",
    async () => {
      const dir = project("global");
      const prefix = join(work, "global");
      await installs(dir, "npm", "install", "--global", "--prefix", prefix, `pounce@${version}`);
      const { output } = await run("/", [join(prefix, "bin/pounce"), "--version"]);
      expect(output).toStartWith(`pounce ${version} (`);
    },
    MINUTES,
  );

  test(
    "without optional dependencies, pounce says which package is missing",
    async () => {
      const dir = project("omitted");
      await installs(dir, "npm", "install", "--omit=optional", `pounce@${version}`);
      const { code, output } = await run(dir, ["node_modules/.bin/pounce", "--version"]);
      expect([code, output]).toEqual([127, expect.stringContaining(`@pounce/${HERE} ${version}`)]);
      const once = ["npm", "install", "--no-save", `@pounce/${HERE}@${version}`];
      expect(output).toContain(once.join(" "));
      await installs(dir, ...once);
      expect((await run(dir, ["node_modules/.bin/pounce", "--version"])).code).toBe(0);
    },
    MINUTES,
  );

  test(
    "a node_modules from a Mac is recognized, and a lockfile from there installs",
    async () => {
      const mac = project("mac");
      await installs(mac, "npm", "install", "--os=darwin", "--cpu=arm64", `pounce@${version}`);
      expect(platformsIn(mac)).toEqual(["darwin-arm64"]);
      const { code, output } = await run(mac, ["node_modules/.bin/pounce", "--version"]);
      expect([code, output]).toEqual([
        127,
        expect.stringContaining("There is @pounce/darwin-arm64:"),
      ]);
      const linux = project("from a Mac");
      for (const name of ["package.json", "package-lock.json"]) {
        cpSync(join(mac, name), join(linux, name));
      }
      await installs(linux, "npm", "ci");
      expect(platformsIn(linux)).toEqual([HERE]);
    },
    MINUTES,
  );
});

describe.each(["hoisted", "isolated"])("Bun, %s", (linker) => {
  const add = [bunPath, "add", `--linker=${linker}`];

  test(
    "installs from the files, and runs by bunx",
    async () => {
      const dir = project(`files of Bun ${linker}`);
      await installs(dir, ...add, file("pounce"), file(`pounce-${HERE}`));
      const { code, output } = await run(dir, [bunPath, "x", "pounce", "--version"]);
      expect([code, output]).toEqual([0, expect.stringContaining(`pounce ${version} (`)]);
      await servesAsItself(dir);
    },
    MINUTES,
  );

  test(
    "installs from a registry, and updates it under load",
    async () => {
      const dir = project(`registry of Bun ${linker}`);
      await installs(dir, ...add, `pounce@${version}`);
      await updatesUnderLoad(dir, ...add, `pounce@${NEXT}`);
    },
    MINUTES,
  );
});

test(
  "with an empty environment, by an absolute path, as systemd does",
  async () => {
    const dir = project("systemd");
    await installs(dir, "npm", "install", "--offline", file("pounce"), file(`pounce-${HERE}`));
    const command = join(dir, "node_modules/.bin/pounce");
    const child = Bun.spawn([command, "--version"], { cwd: "/", env: {}, stdout: "pipe" });
    expect(await new Response(child.stdout).text()).toStartWith(`pounce ${version} (`);
  },
  MINUTES,
);
