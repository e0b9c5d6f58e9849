// What is claimed of every program that starts its own server: under `bun` it answers; under
// pounce, unchanged, with two workers, reloads, bad versions and a stop lose nothing.
import { expect } from "bun:test";
import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeModules } from "./fixtures.ts";
import { expectNoLoss, type Load, type Mode, type OwnMode, startLoad } from "./load.ts";
import { LogBook } from "./log-book.ts";
import { freePort } from "./ports.ts";
import { type Config, type ServerProcess, startPounce } from "./server.ts";
import { built, folderOf } from "./three-ways.ts";

/** A program, and how clients speak to it. */
export interface Program {
  readonly name: string;
  /** Its main file, relative to the folder that `write` fills. */
  readonly main: string;
  /** The port that its main file has, 3000 when not given. */
  readonly port?: number;
  /** The folder that it runs in, relative to that one, which is the default. */
  readonly folder?: string;
  /** What follows the main file in `process.argv`. */
  readonly args?: readonly string[];
  /** The main file does not listen, but exports a Node handler by this name. */
  readonly handler?: string;
  /**
   * Puts a version of the program into a folder: first v0, later others over it. In the folder is a
   * link to the packages of this repository as `node_modules`, which may be replaced.
   */
  write(dir: string, version: string): Promise<void>;
  /** All at the same time. Each has to tell the version. */
  readonly modes: readonly (Mode | OwnMode)[];
  /** Variables that it starts with. */
  readonly env?: Readonly<Record<string, string>>;
  /** Versions that cannot serve; when not given, such are made of the main file. */
  readonly bad?: readonly BadVersion[];
}

export interface BadVersion {
  readonly name: string;
  write(dir: string): Promise<void>;
  /** In the error. */
  readonly says: RegExp;
}

export interface Effort {
  /** Of each mode. */
  readonly clients: number;
  /** Replies in each mode between two reloads. */
  readonly replies: number;
  readonly reloads: number;
  /** Instead of the program's own. */
  readonly modes?: readonly (Mode | OwnMode)[];
}

export const FULL: Effort = { clients: 8, replies: 8, reloads: 3 };

/** Under pounce, with two workers; `port` is always ours, whatever the program asks for. */
export function startProgram(program: Program, config: Config = {}): Promise<ServerProcess> {
  const { main, folder, args, handler } = program;
  return startPounce({
    config: {
      app: handler === undefined ? `./${main}` : `./${main}:${handler}`,
      workers: 2,
      // On a busy machine a client may be late: its connection must not be closed meanwhile.
      keep_alive_timeout: 10,
      ...(folder === undefined ? {} : { working_directory: folder }),
      ...(args === undefined ? {} : { app_args: args }),
      ...config,
    },
    prepare: (dir) => program.write(dir, "v0"),
    ...(program.env === undefined ? {} : { env: program.env }),
  });
}

function loadOn(port: number, program: Program, effort: Effort): Load {
  const modes = effort.modes ?? program.modes;
  return startLoad({ port, modes, clients: modes.length * effort.clients });
}

/** Three new versions under load: nothing is lost, and each of them is seen. */
export async function reloadsLoseNothing(program: Program, effort = FULL): Promise<void> {
  await using server = await startProgram(program);
  const load = loadOn(server.port, program, effort);
  await load.untilMore(effort.replies);
  const versions = ["v0"];
  for (let index = 1; index <= effort.reloads; index += 1) {
    versions.push(`v${index}`);
    await program.write(server.dir, `v${index}`);
    await server.reload(60_000);
    await load.untilMore(effort.replies);
  }
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(versions);
  expect(server.logs.text()).not.toContain("[ERROR]");
}

/** A version that cannot serve is rejected, and the one before it goes on. */
export async function badVersionsChangeNothing(program: Program, effort = FULL): Promise<void> {
  await using server = await startProgram(program);
  const load = loadOn(server.port, program, effort);
  await load.untilMore(effort.replies);
  for (const bad of program.bad ?? madeBad(program)) {
    await rejects(server, program, bad);
    await load.untilMore(effort.replies);
  }
  expectNoLoss(await load.stop());
  expect(load.result.versions).toEqual(["v0"]);
  expect(server.workers().map(({ generation }) => generation)).toEqual([0, 0]);
}

async function rejects(server: ServerProcess, program: Program, bad: BadVersion): Promise<void> {
  await program.write(server.dir, "v9");
  await bad.write(server.dir);
  const lines = await server.reloadThatFails(60_000);
  const text = `${bad.name}:\n${lines.join("\n")}`;
  expect(text).toContain("Reload failed");
  expect(text).toMatch(bad.says);
}

/** A stop answers all who were connected, refuses who comes later, and ends everything. */
export async function stopLosesNothing(program: Program, effort = FULL): Promise<void> {
  await using server = await startProgram(program);
  const load = loadOn(server.port, program, effort);
  await load.untilMore(effort.replies);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expectNoLoss(await load.stop(), ["refused"]);
  await server.untilNothingIsLeft(5_000);
}

/** All of it in one life: a new version, bad ones, a stop. */
export async function livesWell(program: Program, effort: Effort): Promise<void> {
  await using server = await startProgram(program);
  const load = loadOn(server.port, program, effort);
  await load.untilMore(effort.replies);
  await program.write(server.dir, "v1");
  await server.reload(60_000);
  await load.untilMore(effort.replies);
  for (const bad of program.bad ?? madeBad(program)) await rejects(server, program, bad);
  await load.untilMore(effort.replies);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expectNoLoss(await load.stop(), ["refused"]);
  expect(load.result.versions).toEqual(["v0", "v1"]);
  await server.untilNothingIsLeft(5_000);
}

/** As one executable of `pounce build` it answers as well. */
export async function answersWhenBuilt(program: Program, effort: Effort): Promise<void> {
  using folder = await folderOf({});
  await program.write(folder.dir, "v0");
  await using server = await built(folder.dir, `./${program.main}`);
  const load = loadOn(server.port, program, effort);
  await load.untilMore(effort.replies);
  expectNoLoss(await load.stop());
  expect(load.result.versions).toEqual(["v0"]);
}

/** The program under `bun` alone answers as the load wants it: it is right, and so is the load. */
export async function answersUnderBun(program: Program, effort = FULL): Promise<void> {
  await using server = await startUnderBun(program);
  const load = loadOn(server.port, program, effort);
  await load.untilMore(effort.replies);
  expectNoLoss(await load.stop());
  expect(load.result.versions).toEqual(["v0"]);
}

const BROKEN = "\nconst this is broken;\n";
const FAILS = '\nvoid Promise.resolve().then(() => { throw new Error("no database today"); });\n';

function madeBad({ main }: Program): BadVersion[] {
  // What is in there belongs to all programs.
  if (main.startsWith("node_modules/")) return [];
  const append =
    (text: string) =>
    async (dir: string): Promise<void> => {
      const path = join(dir, main);
      await Bun.write(path, (await Bun.file(path).text()) + text);
    };
  return [
    { name: "a syntax error", write: append(BROKEN), says: /broken/ },
    { name: "it listens, then rejects", write: append(FAILS), says: /no database today/ },
  ];
}

/** A program that runs under `bun`. */
interface Plain {
  readonly port: number;
  readonly dir: string;
  readonly logs: LogBook;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Under `bun`, on a free port: PORT says it, and it takes the place of the program's own in the main
 * file and among its arguments. Resolves when it listens.
 */
export async function startUnderBun(program: Program): Promise<Plain> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-program-")));
  await symlink(nodeModules, join(dir, "node_modules"));
  await program.write(dir, "v0");
  const port = freePort();
  const main = join(dir, program.main);
  if (!program.main.startsWith("node_modules/")) {
    const source = await Bun.file(main).text();
    await Bun.write(main, source.replaceAll(String(program.port ?? 3000), String(port)));
  }
  const started = program.handler === undefined ? main : await starter(dir, program);
  const args = (program.args ?? []).map((it) =>
    it === `${program.port ?? 3000}` ? `${port}` : it,
  );
  const child = Bun.spawn([process.execPath, started, ...args], {
    cwd: join(dir, program.folder ?? "."),
    env: { ...process.env, ...program.env, PORT: `${port}` },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const logs = new LogBook();
  void logs.follow(child.stdout, child.stderr);
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await untilConnected(port, () => child.exitCode !== null, logs);
    return { port, dir, logs, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A program that listens for a handler that does not. */
async function starter(dir: string, { main, handler }: Program): Promise<string> {
  const path = join(dir, "starter.mjs");
  const module = JSON.stringify(`./${main}`);
  const source = [
    `import { ${handler} } from ${module};`,
    'import { createServer } from "node:http";',
    `createServer(${handler}).listen(process.env.PORT);`,
  ];
  await Bun.write(path, source.join("\n"));
  return path;
}

/** There is no event for another process's listener. */
async function untilConnected(port: number, hasEnded: () => boolean, logs: LogBook) {
  for (let tries = 0; tries < 1_500 && !hasEnded(); tries += 1) {
    try {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      socket.end();
      return;
    } catch {
      await Bun.sleep(20);
    }
  }
  throw new Error(`the program does not listen on ${port}; it said:\n${logs.text()}`);
}
