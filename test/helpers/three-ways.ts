// Serves an app in three ways: by `bun` itself, by pounce, and by an executable of `pounce build`.
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LogBook } from "./log-book.ts";
import { nodeModules } from "./fixtures.ts";
import { pounceBinary } from "./server.ts";

/** A running server of an app, whoever serves it. */
export interface Served {
  readonly port: number;
  readonly logs: LogBook;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A temporary folder with these files, where packages resolve as in this repository. */
export async function folderOf(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
): Promise<{ dir: string; [Symbol.dispose](): void }> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-apps-")));
  symlinkSync(nodeModules, join(dir, "node_modules"));
  for (const [name, content] of Object.entries(files)) await Bun.write(join(dir, name), content);
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Variables that all three start with: none of ours, and `bun` is on the PATH. */
function environment(dir: string): Record<string, string> {
  const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
  return {
    PATH: path,
    HOME: dir,
    PWD: dir,
    RUNTIME_DIRECTORY: dir,
    LANG: "en_US.UTF-8",
    TZ: "UTC",
  };
}

async function start(
  command: string[],
  dir: string,
  env: Readonly<Record<string, string>>,
  listens: RegExp,
): Promise<Served> {
  const child = Bun.spawn(command, {
    cwd: dir,
    env: { ...environment(dir), ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const logs = new LogBook();
  void logs.follow(child.stdout, child.stderr);
  const end = async (): Promise<void> => {
    // QUIT makes pounce stop at once, with its workers.
    child.kill("SIGQUIT");
    await child.exited;
  };
  try {
    const port = Number(listens.exec(await logs.waitFor(listens))?.[1]);
    return { port, logs, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

type Env = Readonly<Record<string, string>>;

/** `bun app`, in `cwd`, where bun serves what is exported by default. */
export function underBun(cwd: string, app: string, env: Env = {}): Promise<Served> {
  const command = [process.execPath, app];
  return start(command, cwd, { ...env, PORT: "0" }, /server: http:\/\/localhost:(\d+)/);
}

export function underPounce(cwd: string, app: string, env: Env = {}): Promise<Served> {
  return start([pounceBinary(), app, "-p", "0", "-w", "1"], cwd, env, LISTENS);
}

const LISTENS = /Listening on http:\/\/127\.0\.0\.1:(\d+)/;

/** Builds an executable of the app in `dir`, and serves that. */
export async function built(dir: string, app: string, env: Env = {}): Promise<Served> {
  const build = Bun.spawn([pounceBinary(), "build", app, "-o", "served"], {
    cwd: dir,
    stderr: "pipe",
  });
  const errors = await new Response(build.stderr).text();
  if ((await build.exited) !== 0) throw new Error(`pounce build failed:\n${errors}`);
  return start([join(dir, "served"), "-p", "0", "-w", "1"], dir, env, LISTENS);
}

/** The answer to a GET, or what went wrong. */
export async function answer({ port }: Served, path = "/"): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return response.text();
}
