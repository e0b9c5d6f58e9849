// Deploying by a symlink: `current` is pointed at a new release and a HUP serves it.
import { afterAll, expect, test } from "bun:test";
import { mkdir, realpath, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { honoApp, nodeModules } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { finished } from "../helpers/finished.ts";
import {
  pounce,
  pounceBinary,
  type ServerProcess,
  startControlled,
  startPounce,
  stopAllServers,
  tomlOf,
} from "../helpers/server.ts";

afterAll(stopAllServers);

async function makeRelease(dir: string, version: string): Promise<void> {
  const release = join(dir, "releases", version);
  await mkdir(release, { recursive: true });
  await symlink(nodeModules, join(release, "node_modules"));
  await Bun.write(join(release, "app.ts"), honoApp(version));
  await Bun.write(join(release, "pounce.toml"), tomlOf({}));
}

/** Points `current` at a release in one step. */
async function pointAt(dir: string, version: string): Promise<void> {
  const beside = join(dir, "current.new");
  await symlink(join("releases", version), beside);
  await rename(beside, join(dir, "current"));
}

async function prepare(dir: string): Promise<void> {
  await makeRelease(dir, "v0");
  await pointAt(dir, "v0");
}

/** What `pounce ls` prints: it knows the servers in this runtime folder. */
async function listed({ dir }: ServerProcess, ...flags: string[]): Promise<string> {
  const env = { RUNTIME_DIRECTORY: dir };
  const child = Bun.spawn([pounceBinary(), "ls", ...flags], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return (await finished(child)).stdout;
}

/** How pounce may be started, each with all paths going through `current`. */
const STARTS = {
  "an app named through the link": { config: { app: "./current/app.ts" } },
  "a configuration named through the link": { argv: ["--config", "current/pounce.toml"] },
  "a start from inside the link": { argv: ["./app.ts", "-p", "0", "-w", "2"], cwd: "current" },
  "a configuration found inside the link": { argv: ["--config", "pounce.toml"], cwd: "current" },
};

for (const [claim, options] of Object.entries(STARTS)) {
  const deploy = async (): Promise<void> => {
    await using server = await startPounce({ ...options, prepare });
    const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 8 });
    await load.untilMore(20);
    for (const [old, next] of [
      ["v0", "v1"],
      ["v1", "v2"],
    ] as const) {
      await makeRelease(server.dir, next);
      await pointAt(server.dir, next);
      await rm(join(server.dir, "releases", old), { recursive: true });
      await server.reload();
      expect(await versionsServed(server)).toEqual([next]);
    }
    const result = await load.stop();
    expectNoLoss(result);
    expect(result.versions).toEqual(["v0", "v1", "v2"]);
  };
  test.concurrent(`with ${claim}, a reload serves the new release`, deploy, 40_000);
}

test.concurrent(
  "which release serves is told by status, ls, the log and the receipt",
  async () => {
    await using server = await startControlled({ config: { app: "./current/app.ts" }, prepare });
    const home = await realpath(server.dir);
    const place = (version: string) => ({
      app_path: join(home, "releases", version, "app.ts"),
      app_link: join(home, "current/app.ts"),
    });
    const json = async (...argv: string[]) =>
      JSON.parse((await pounce(server, ...argv, "--json")).stdout);
    expect(server.logs.messages()).toContain(
      "[INFO] Generation 0 is loaded from releases/v0/app.ts",
    );
    expect(await json("status")).toMatchObject({ generations: [place("v0")] });
    await makeRelease(server.dir, "v1");
    await pointAt(server.dir, "v1");
    expect(await json("reload", "--wait")).toMatchObject({ generation: 1, ...place("v1") });
    const { generations, reloads } = await json("status");
    expect(generations).toMatchObject([{ generation: 1, ...place("v1") }]);
    expect(reloads).toMatchObject([{ generation: 1, ...place("v1") }]);
    const { servers } = JSON.parse(await listed(server, "--json"));
    expect(servers).toMatchObject([{ pid: server.pid, ...place("v1") }]);
    expect((await pounce(server, "status")).stdout).toContain(
      "\ngeneration 1: from releases/v1/app.ts\n",
    );
    expect(await listed(server)).toContain("./current/app.ts from releases/v1/app.ts");
    const { stdout } = await pounce(server, "reload");
    expect(stdout).toBe(
      "Reloaded: generation 2 from releases/v1/app.ts takes all new connections\n",
    );
  },
  40_000,
);

test.concurrent(
  "without a link all of them are as short as ever",
  async () => {
    await using server = await startControlled();
    const { stdout } = await pounce(server, "reload", "--wait");
    expect(stdout).toContain("on generation 1; ready after");
    expect((await pounce(server, "status")).stdout).not.toContain("from");
    const { generations } = JSON.parse((await pounce(server, "status", "--json")).stdout);
    const app_path = join(await realpath(server.dir), "app.ts");
    expect(generations).toMatchObject([{ app_path, app_link: null }]);
    expect(server.logs.text()).not.toContain("is loaded from");
  },
  40_000,
);
