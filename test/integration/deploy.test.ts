// Deploying by a symlink: `current` is pointed at a new release and a HUP serves it.
import { afterAll, expect, test } from "bun:test";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { honoApp, nodeModules } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { startPounce, stopAllServers, tomlOf } from "../helpers/server.ts";

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
