// Starts servers for tests, each in its own temporary folder with its configuration and app.
import { existsSync } from "node:fs";
import { mkdtemp, realpath, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "smol-toml";
import { honoApp, nodeModules } from "./fixtures.ts";
import { TAG } from "./processes.ts";
import { type Exit, ServerProcess } from "./server-process.ts";
import { finished } from "./finished.ts";
import { until } from "./until.ts";

export { ServerProcess, stopAllServers } from "./server-process.ts";

export type Config = Record<string, unknown>;

export interface PounceOptions {
  /** Keys that override the defaults below, or a whole pounce.toml as text. */
  config?: Config | string;
  /** More arguments after `--config FILE`. */
  args?: string[];
  /** All arguments, instead of `--config FILE`. */
  argv?: string[];
  env?: Record<string, string>;
  /** Relative to the server's folder, which is the default. */
  cwd?: string;
  /** Source of app.ts; the Hono app of the fixtures when not given. */
  app?: string;
  /** Runs once the folder exists, before the start: for links and more files. */
  prepare?: (dir: string) => Promise<void>;
  /** Starts from a copy of the executable in the server's folder, `ownBinary(server)`. */
  copyBinary?: boolean;
  /** The executable's path, given the server's folder. */
  command?: (dir: string) => string;
  /** Forbids the system call that steers connections, so that workers share one socket. */
  forbidSteering?: boolean;
  /**
   * Forbids the system call that makes a listener drop new handshakes, as newer kernels do for
   * everybody but root.
   */
  forbidFilters?: boolean;
}

/** How long a start that should fail may take. */
const EXIT_TIMEOUT_MS = 40_000;

const DEFAULTS: Config = { app: "./app.ts", port: 0, workers: 2, keep_alive_timeout: 2 };

const launcher = fileURLToPath(new URL("forbid-steering.ts", import.meta.url));
const naive = fileURLToPath(new URL("naive-server.ts", import.meta.url));

export function tomlOf(config: Config | string): string {
  return typeof config === "string" ? config : stringify({ ...DEFAULTS, ...config });
}

/** Starts pounce and waits until it listens. */
export async function startPounce(options: PounceOptions = {}): Promise<ServerProcess> {
  const server = await spawnPounce(options);
  try {
    return await server.untilListening();
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

/** Starts pounce and waits until commands can be given to it as well. */
export async function startControlled(options: PounceOptions = {}): Promise<ServerProcess> {
  const server = await startPounce(options);
  await untilControlled(server);
  return server;
}

/** Starts pounce where it should not listen, and waits for its exit. */
export async function runPounce(
  options: PounceOptions = {},
): Promise<Exit & { lines: string[]; stdout: string; stderr: string }> {
  await using server = await spawnPounce(options);
  const late = Bun.sleep(EXIT_TIMEOUT_MS).then(() => undefined);
  const exit = await Promise.race([server.exited, late]);
  if (exit === undefined) throw new Error(`pounce did not exit; its log:\n${server.logs.text()}`);
  const of = (stream: string): string =>
    server.logs.lines
      .filter((line) => line.stream === stream)
      .map((line) => line.text)
      .join("\n");
  return { ...exit, lines: server.logs.messages(), stdout: of("stdout"), stderr: of("stderr") };
}

/** Starts pounce and waits for nothing. */
export async function spawnPounce(options: PounceOptions = {}): Promise<ServerProcess> {
  const dir = await makeFolder(options.app ?? honoApp("v0"));
  await Bun.write(join(dir, "pounce.toml"), tomlOf(options.config ?? {}));
  await options.prepare?.(dir);
  const argv = options.argv ?? ["--config", join(dir, "pounce.toml"), ...(options.args ?? [])];
  if (options.copyBinary === true) await copyExecutable(pounceBinary(), ownBinary({ dir }));
  const copied = options.copyBinary === true ? ownBinary({ dir }) : pounceBinary();
  const command = [options.command?.(dir) ?? copied, ...argv];
  if (options.forbidSteering === true) command.unshift(process.execPath, launcher);
  if (options.forbidFilters === true) command.unshift(process.execPath, launcher, "--filters");
  return spawn(command, dir, options);
}

/** Starts an executable other than the one under test, in a folder that `prepare` fills. */
export async function spawnExecutable(
  executable: string,
  argv: string[],
  prepare: (dir: string) => void,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-test-")));
  prepare(dir);
  return spawn([resolve(dir, executable), ...argv], dir, { env });
}

/** Starts the naive server, on the same app and with the same lines in its log. */
export async function startNaive(...flags: "--abrupt"[]): Promise<ServerProcess> {
  const dir = await makeFolder(honoApp("v0"));
  const server = spawn([process.execPath, naive, join(dir, "app.ts"), "2", ...flags], dir, {});
  return server.untilListening();
}

/** The executable under test. A suite that skips without it would prove nothing. */
export function pounceBinary(): string {
  const built = fileURLToPath(new URL("../../dist/pounce", import.meta.url));
  const binary = process.env["POUNCE_BIN"] ?? built;
  if (!existsSync(binary)) throw new Error(`${binary} does not exist: run \`bun run build\` first`);
  return binary;
}

/**
 * Copied by another process: what this one has open for writing, a child that it spawns at the same
 * moment has open as well, and then the copy is "busy".
 */
export async function copyExecutable(from: string, to: string): Promise<void> {
  if ((await Bun.spawn(["cp", from, to]).exited) !== 0) throw new Error(`cannot copy to ${to}`);
}

/** Where a server with `copyBinary` has its executable. */
export function ownBinary({ dir }: { readonly dir: string }): string {
  return join(dir, "pounce");
}

/** A temporary folder with app.ts in it, where packages resolve as in this repository. */
async function makeFolder(app: string): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-test-")));
  await symlink(nodeModules, join(dir, "node_modules"));
  await Bun.write(join(dir, "app.ts"), app);
  return dir;
}

function spawn(command: string[], dir: string, options: PounceOptions): ServerProcess {
  const tag = crypto.randomUUID();
  const cwd = options.cwd === undefined ? dir : join(dir, options.cwd);
  const child = Bun.spawn(command, {
    cwd,
    // Control sockets go into the server's own folder, which is removed with it.
    env: { ...plainEnvironment(), PWD: cwd, RUNTIME_DIRECTORY: dir, ...options.env, [TAG]: tag },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return new ServerProcess(child, dir, tag);
}

/** Runs a command of pounce for `server`, to its end. */
export async function pounce(
  server: ServerProcess,
  ...argv: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const config = ["--config", join(server.dir, "pounce.toml")];
  const child = Bun.spawn([pounceBinary(), ...argv, ...config], {
    cwd: server.dir,
    env: { ...plainEnvironment(), RUNTIME_DIRECTORY: server.dir },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return finished(child);
}

/** The control socket is opened at about the time when the server listens. */
export async function untilControlled(server: ServerProcess): Promise<void> {
  await until(
    "the control socket answers",
    async () => {
      const { code, stdout } = await pounce(server, "status", "--json");
      return code === 0 && JSON.parse(stdout).state === "serving";
    },
    40_000,
  );
}

/** Our own environment without variables that pounce would read as settings. */
function plainEnvironment(): Record<string, string | undefined> {
  const plain = Object.entries(process.env).filter(([name]) => !/^(POUNCE_.*|PORT)$/.test(name));
  return Object.fromEntries(plain);
}
