// pounce under a real supervisord, with the program that `pounce init supervisor` writes, its paths
// moved to a temporary folder. `bun run build`, then as root:
// bun test ./test/deploy/supervisor.deploy.ts
// Needs supervisor (apt-get install supervisor).
// packages: supervisor
import { afterAll, describe, expect, test } from "bun:test";
import { chmod, cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { honoApp, nodeModules } from "../helpers/fixtures.ts";
import { describeResult, expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask } from "../../src/prove/load/http.ts";
import {
  isRunning,
  killAll,
  TAG,
  taggedProcesses,
  untilGone,
  workersAmong,
} from "../helpers/processes.ts";
import { pounceBinary } from "../helpers/server.ts";
import { freePort } from "../helpers/ports.ts";

/** Why this cannot be tested here. In CI it must be. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can start programs as www-data";
  const missing = ["supervisord", "supervisorctl", "setpriv"].find((it) => Bun.which(it) === null);
  return missing && `${missing} is missing (apt-get install supervisor util-linux)`;
}

const problem = obstacle();
if (problem !== undefined) {
  const words = `supervisord cannot be tested here: ${problem}`;
  if (process.env["CI"] !== undefined) throw new Error(words);
  console.error(`SKIPPED, not possible here: ${words}`);
}

const tag = crypto.randomUUID();
const port = freePort();
const folder = await mkdtemp(join(tmpdir(), "pounce-supervisor-"));
const app = join(folder, "srv");
const log = join(folder, "log/pounce.log");
const config = join(folder, "supervisord.conf");
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(POUNCE_.*|PORT|RUNTIME_DIRECTORY|XDG_RUNTIME_DIR)$/.test(name),
  ),
);
const supervisord = problem === undefined ? await start() : undefined;

afterAll(async () => {
  supervisord?.kill("SIGKILL");
  await supervisord?.exited;
  for (let left = everyProcess(); left.length > 0; left = everyProcess()) {
    killAll(left);
    await untilGone(left, 5_000);
  }
  await rm(folder, { recursive: true });
});

/** Starts supervisord in the foreground, on a configuration of its own that includes ours. */
async function start(): Promise<Bun.Subprocess> {
  // www-data must be able to read the app, and to run the executable.
  await chmod(folder, 0o755);
  for (const name of ["srv/node_modules", "log", "conf.d"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  const program = join(folder, "pounce");
  await cp(pounceBinary(), program);
  await chmod(program, 0o755);
  await cp(join(nodeModules, "hono"), join(app, "node_modules/hono"), { recursive: true });
  await write("app.ts", honoApp("v0"));
  const keys = { app: "./app.ts", port, workers: 2, keep_alive_timeout: 2, shutdown_timeout: 20 };
  await write("pounce.toml", stringify(keys));
  await output([program, "init", "supervisor", "--dir", join(folder, "conf.d")]);
  const conf = join(folder, "conf.d/pounce.conf");
  const text = (await Bun.file(conf).text())
    .replaceAll("/usr/local/bin/pounce", program)
    .replaceAll("/srv/pounce", app)
    .replaceAll("/var/log/supervisor", join(folder, "log"));
  await Bun.write(conf, text);
  await Bun.write(config, supervisordConfig());
  return Bun.spawn(["supervisord", "--nodaemon", "-c", config], {
    env: { ...environment, [TAG]: tag },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function supervisordConfig(): string {
  const factory = "supervisor.rpcinterface:make_main_rpcinterface";
  return `[unix_http_server]
file=${folder}/supervisor.sock
[supervisord]
user=root
logfile=${folder}/log/supervisord.log
pidfile=${folder}/supervisord.pid
childlogdir=${folder}/log
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=${factory}
[supervisorctl]
serverurl=unix://${folder}/supervisor.sock
[include]
files=${folder}/conf.d/*.conf
`;
}

async function write(name: string, content: string): Promise<void> {
  await Bun.write(join(app, `.${name}.new`), content);
  await rename(join(app, `.${name}.new`), join(app, name));
}

async function output(command: string[]): Promise<{ code: number; text: string }> {
  const child = Bun.spawn(command, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const texts = [child.stdout, child.stderr].map((stream) => new Response(stream).text());
  const [stdout = "", stderr = ""] = await Promise.all(texts);
  return { code: await child.exited, text: `${stdout}${stderr}`.trim() };
}

async function supervisorctl(...argv: string[]): Promise<string> {
  return (await output(["supervisorctl", "-c", config, ...argv])).text;
}

/** `pounce reload --wait`, as the user that the program runs as. */
function reload(): Promise<{ code: number; text: string }> {
  const user = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"];
  const wait = ["reload", "--wait", "--config", join(app, "pounce.toml")];
  return output([...user, join(folder, "pounce"), ...wait]);
}

const masterPid = async (): Promise<number> => Number(await supervisorctl("pid", "pounce"));

function everyProcess(): number[] {
  return taggedProcesses(tag);
}

function workers(): number[] {
  return workersAmong(everyProcess()).map(({ pid }) => pid);
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) {
      throw new Error(`not within 20 s: ${what}; the log:\n${await Bun.file(log).text()}`);
    }
    await Bun.sleep(20);
  }
}

/** Where the log ends now. */
async function mark(): Promise<number> {
  return (await Bun.file(log).exists()) ? (await Bun.file(log).text()).length : 0;
}

function untilLog(line: string, after = 0): Promise<void> {
  return until(line, async () => (await mark()) > 0 && (await logFrom(after)).includes(line));
}

async function logFrom(after: number): Promise<string> {
  return (await Bun.file(log).text()).slice(after);
}

/** A request that is in its handler for two seconds. */
async function held() {
  const after = await mark();
  const reply = ask({ port }, "/hold?ms=2000&name=slow");
  reply.catch(() => {});
  await untilLog("holding slow", after);
  return { reply };
}

describe.skipIf(problem !== undefined)("under supervisord", () => {
  test("it serves as www-data, and is running", async () => {
    await untilLog(`Listening on http://127.0.0.1:${port}`);
    expect(await ask({ port })).toMatchObject({ status: 200, text: "hello from v0" });
    await until("running", async () => (await supervisorctl("status")).includes("RUNNING"));
    expect((await output(["ps", "-o", "user=", "-p", String(workers()[0])])).text).toBe("www-data");
  }, 30_000);

  test("supervisorctl signal HUP, three times under load, loses nothing", async () => {
    const pid = await masterPid();
    const modes = ["connect", "keep-alive", "silent", "post", "slow-handler", "websocket"] as const;
    const load = startLoad({ port, modes, clients: 24, keepAliveMs: 2_000 });
    await load.untilMore(1);
    for (const generation of [1, 2, 3]) {
      await write("app.ts", honoApp(`v${generation}`));
      expect(await supervisorctl("signal", "HUP", "pounce")).toBe("pounce: signalled");
      await untilLog(`Graceful reload complete. Running 2 worker(s) on generation ${generation}`);
      await load.untilMore(1);
    }
    const result = await load.stop();
    console.log(describeResult(result));
    expectNoLoss(result);
    expect(result.versions).toEqual(["v0", "v1", "v2", "v3"]);
    expect(await masterPid()).toBe(pid);
  }, 60_000);

  test("pounce reload --wait says yes, and no when the new version is rejected", async () => {
    await write("app.ts", honoApp("v4"));
    expect(await reload()).toMatchObject({ code: 0 });
    await write("app.ts", "throw new Error('no database');");
    const refused = await reload();
    expect(refused.code).toBe(1);
    expect(refused.text).toContain("no database");
    expect(await ask({ port })).toMatchObject({ text: "hello from v4" });
    await write("app.ts", honoApp("v4"));
  }, 30_000);

  test("a master that is killed is replaced, and its workers finish and go", async () => {
    const [pid, old] = [await masterPid(), workers()];
    expect(old).toHaveLength(2);
    await write("app.ts", honoApp("v5"));
    const { reply } = await held();
    const after = await mark();
    process.kill(pid, "SIGKILL");
    expect(await reply).toMatchObject({ status: 200, text: "held slow by v4" });
    await untilLog(`Listening on http://127.0.0.1:${port}`, after);
    expect(await ask({ port })).toMatchObject({ status: 200, text: "hello from v5" });
    await untilGone(old, 15_000);
    expect(await masterPid()).not.toBe(pid);
    expect(workers()).toHaveLength(2);
    await until("running", async () => (await supervisorctl("status")).includes("RUNNING"));
  }, 40_000);

  test("supervisorctl stop lets a slow request finish, and leaves nothing behind", async () => {
    const pid = await masterPid();
    const { reply } = await held();
    const stopped = supervisorctl("stop", "pounce");
    expect(await reply).toMatchObject({ status: 200, text: "held slow by v5" });
    expect(await stopped).toBe("pounce: stopped");
    expect([pid, ...workers()].filter(isRunning)).toEqual([]);
    expect(await supervisorctl("status")).toMatch(/^pounce +STOPPED/);
    expect(await logFrom(0)).toEndWith("[INFO] Stopped\n");
  }, 30_000);
});
