// Programs as executables of `pounce build`, started where there is nothing else, and replaced
// under load: bun run verify:frameworks build
import { afterAll, expect, test } from "bun:test";
import { mkdtemp, realpath, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAMS } from "../apps/programs.ts";
import { finished } from "../helpers/finished.ts";
import { nodeModules } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import type { Program } from "../helpers/programs.ts";
import { pounceBinary, spawnExecutable, stopAllServers } from "../helpers/server.ts";

const NAMES = [
  "Bun.serve",
  "Elysia",
  "node:http",
  "Express",
  "Fastify",
  "Koa",
  "Nest",
  "Socket.IO",
] as const satisfies readonly (keyof typeof PROGRAMS)[];

const REPLIES = 6;
/** What the build says of files that are not in the executable; these programs need none. */
const OF_FOLDERS = /^$|^pounce build: (?:main\.ts:.* is a place|files that|packages that may) /;

afterAll(stopAllServers);

/** Builds a version of the program, and puts it at `place` in one step. */
async function build(program: Program, version: string, place: string): Promise<void> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-built-")));
  try {
    await symlink(nodeModules, join(dir, "node_modules"));
    await program.write(dir, version);
    const argv = ["build", `./${program.main}`, "-o", join(dir, "server")];
    const child = Bun.spawn([pounceBinary(), ...argv], {
      cwd: dir,
      env: { PATH: "/nowhere", PWD: dir },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const { code, stderr } = await finished(child);
    const unknown = stderr.split("\n").filter((line) => !OF_FOLDERS.test(line));
    expect({ code, unknown }).toEqual({ code: 0, unknown: [] });
    await rename(join(dir, "server"), place);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function served(program: Program): Promise<void> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-served-")));
  try {
    await servedFrom(join(dir, "server"), program);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function servedFrom(executable: string, program: Program): Promise<void> {
  await build(program, "v0", executable);
  await using server = await spawnExecutable(executable, ["-p", "0", "-w", "2"], () => {});
  await server.untilListening();
  // What a program opens by its path, as for the mode `routes`, is not inside.
  const modes = program.modes.filter((mode) => mode !== "routes");
  const load = startLoad({ port: server.port, modes, clients: modes.length * 4 });
  await load.untilMore(REPLIES);
  const versions = ["v0"];
  for (const version of ["v1", "v2"]) {
    versions.push(version);
    await build(program, version, executable);
    await server.reload(60_000);
    await load.untilMore(REPLIES);
  }
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(versions);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
}

for (const name of NAMES) {
  test(`${name} in one executable, replaced under load`, () => served(PROGRAMS[name]), 300_000);
}
