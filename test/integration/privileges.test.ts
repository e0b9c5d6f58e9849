// Workers that run as another user than their master: what they can do, what they cannot, and that
// nothing of a reload, a crash or a handover is different for it.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { handOver } from "../helpers/handover.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { untilGone } from "../helpers/processes.ts";
import { ask, hold } from "../helpers/requests.ts";
import {
  pounceBinary,
  runPounce,
  type ServerProcess,
  startControlled,
  startPounce,
  stopAllServers,
  tomlOf,
} from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { isNotRoot, NOBODY, NOBODY_UID, withoutRoot } from "../helpers/users.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

/** What a process is allowed, as the kernel says it, and what it starts. */
const APP = `${honoApp("v0")}
import { readFileSync } from "node:fs";
const status = (file) => Object.fromEntries(readFileSync(file, "utf8").trim().split("\\n")
  .map((line) => line.split(":\\t").map((it) => it.trim())));
const pick = ({ Uid, Gid, Groups, CapPrm, CapBnd, CapAmb }) =>
  ({ Uid, Gid, Groups, CapPrm, CapBnd, CapAmb });
const atImport = pick(status("/proc/self/status"));
const out = Bun.spawnSync(["cat", "/proc/self/status"]).stdout.toString();
const child = Object.fromEntries(out.trim().split("\\n").map((line) => line.split(":\\t")));
const { HOME, USER, LOGNAME, FROM_FILE, POUNCE_BECOME } = process.env;
app.get("/me", (c) => c.json({ atImport, child: pick(child), POUNCE_BECOME,
  env: { HOME, USER, LOGNAME, FROM_FILE }, cwd: process.cwd() }));
`;

/** CAP_NET_BIND_SERVICE alone. */
const ONLY_BIND = "0000000000000400";
const NONE = "0000000000000000";

/** A port below 1024 that nobody has. */
function freeLowPort(): number {
  for (;;) {
    const port = 600 + Math.floor(Math.random() * 400);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Somebody has it.
    }
  }
}

/** Its folder is the test's own: others may enter it, and root alone may write there. */
function letIn(dir: string): Promise<void> {
  chmodSync(dir, 0o755);
  return Promise.resolve();
}

function textWith(file: string, pattern: RegExp): Promise<void> {
  return until(`${pattern} in ${file}`, () => pattern.test(readFileSync(file, "utf8")));
}

describe.skipIf(isNotRoot())("workers of another user", () => {
  const port = freeLowPort();
  const config = {
    port,
    user: NOBODY,
    env: { FROM_FILE: "yes" },
    log: { access: "access.log" },
  };
  let server: ServerProcess;
  let master = 0;
  const inDir = (name: string): string => join(server.dir, name);

  beforeAll(async () => {
    server = await startControlled({ config, app: APP, prepare: letIn, copyBinary: true });
    master = server.pid;
  });

  const uidsOfWorkers = (): number[] =>
    server.workers().map(({ pid }) => statSync(`/proc/${pid}`).uid);

  test("load the app as that user, with the right to bind a low port and no other", async () => {
    const found = JSON.parse((await ask(server, "/me")).body.toString()) as Record<string, unknown>;
    const ids = Array.from({ length: 4 }, () => NOBODY_UID).join("\t");
    expect(found).toMatchObject({
      atImport: { Uid: ids, Gid: ids, CapPrm: ONLY_BIND, CapBnd: NONE, CapAmb: NONE },
      child: { Uid: ids, Gid: ids, CapPrm: NONE, CapBnd: NONE, CapAmb: NONE },
      env: { USER: NOBODY, LOGNAME: NOBODY, FROM_FILE: "yes" },
      cwd: server.dir,
    });
    expect(found).not.toHaveProperty("POUNCE_BECOME");
    const { Groups } = found["atImport"] as { Groups: string };
    expect(Groups).toBe(String(NOBODY_UID));
    expect(statSync(`/proc/${server.pid}`).uid).toBe(0);
  });

  test("write an access log of their own, where only root can make a file", async () => {
    await ask(server, "/throw");
    await textWith(inDir("access.log"), /GET \/throw HTTP\/1.1" 500/);
    expect(statSync(inDir("access.log")).uid).toBe(NOBODY_UID);
  });

  test("have a new access log when USR1 says that the old one has been moved away", async () => {
    renameSync(inDir("access.log"), inDir("access.log.1"));
    server.signal("SIGUSR1");
    await until(
      "the new file",
      () => statSync(inDir("access.log"), { throwIfNoEntry: false }) !== undefined,
    );
    expect(statSync(inDir("access.log")).uid).toBe(NOBODY_UID);
    await until("its first line", async () => {
      await ask(server, "/after");
      return readFileSync(inDir("access.log"), "utf8").includes("GET /after");
    });
  });

  test("come and go without a loss: reload, crash, one more, reload to its end", async () => {
    const load = startLoad({ port, modes: ["connect", "keep-alive"], clients: 16 });
    await load.untilMore(20);
    await server.reload();
    server.signal("SIGTTIN");
    const three = await server.untilWorkers((found) => found.length === 3);
    await load.untilMore(20);
    expectNoLoss(await load.stop());
    process.kill(three[0]?.pid ?? 0, "SIGKILL");
    await server.untilWorkers((found) => found.some(({ id }) => id > (three.at(-1)?.id ?? 0)));
    // A process that has just started is root's for a moment.
    await until("no worker of root's", () => uidsOfWorkers().every((uid) => uid === NOBODY_UID));
  });

  test("keep their user: another one is a reload that fails, and says what to do", async () => {
    await server.write("pounce.toml", tomlOf({ ...config, user: "root" }));
    const failed = await server.reloadThatFails();
    expect(failed.join("\n")).toMatch(
      /user: the workers of this server run as nobody, and cannot become root at a reload: .*restart/,
    );
    const argv = [pounceBinary(), "check", "--config", inDir("pounce.toml")];
    const checked = Bun.spawnSync(argv, { stdio: ["ignore", "pipe", "ignore"] });
    expect(checked.stdout.toString()).toMatch(/warn user: .*cannot become root at a reload/);
    await server.write("pounce.toml", tomlOf(config));
    expect((await ask(server)).body.toString()).toBe("hello from v0");
  });

  test("are taken over by a new master, whose own have the same user", async () => {
    const { pid, after } = await handOver(server);
    master = pid;
    await server.waitForLog("Graceful reload complete", { after });
    expect(statSync(`/proc/${pid}`).uid).toBe(0);
    expect(uidsOfWorkers()).toEqual([NOBODY_UID, NOBODY_UID]);
    expect((await ask(server)).body.toString()).toBe("hello from v0");
  });

  test("leave the log's file to their master, whose file it is", async () => {
    await server.write("pounce.toml", tomlOf({ ...config, log: { file: "pounce.log" } }));
    process.kill(master, "SIGHUP");
    await until("an error in it", async () => {
      await ask(server, "/throw");
      const text = existsSync(inDir("pounce.log")) ? readFileSync(inDir("pounce.log"), "utf8") : "";
      return /GET \/throw: the app threw: .*own secret/.test(text);
    });
    expect(statSync(inDir("pounce.log")).uid).toBe(0);
  });
});

/** The workers' user may write there, and could remove what is in it. */
async function letWrite(dir: string): Promise<void> {
  await letIn(dir);
  mkdirSync(join(dir, "own"));
  chownSync(join(dir, "own"), NOBODY_UID, NOBODY_UID);
}

test
  .skipIf(isNotRoot())
  .concurrent(
    "workers whose master is killed while it hands over leave the socket to the new one, root's too",
    async () => {
      await using server = await startPounce({
        config: [
          "app = './app.ts'",
          "uds = 'own/app.sock'",
          `user = '${NOBODY}'`,
          "workers = 1",
        ].join("\n"),
        prepare: letWrite,
        copyBinary: true,
      });
      const [old] = server.workers();
      const held = await hold(server);
      const { pid } = await handOver(server);
      server.signal("SIGKILL");
      await server.exited;
      held.release();
      expect((await held.reply).status).toBe(200);
      await untilGone([old?.pid ?? 0], 20_000);
      expect(existsSync(server.path ?? "")).toBe(true);
      expect((await ask(server)).status).toBe(200);
      process.kill(pid, "SIGTERM");
      await untilGone([pid], 20_000);
    },
  );

const start = (config: Record<string, unknown>, prepare = letIn) =>
  runPounce({ config: { ...config, workers: 1 }, app: APP, prepare });

describe.skipIf(isNotRoot()).concurrent("a user that cannot be had is told", () => {
  test.each([
    [
      { user: "noboddy" },
      /pounce\.toml:\d+:1 user: this system has no user "noboddy" \(did you mean "nobody"\?\)/,
    ],
    [
      { group: "rot" },
      /pounce\.toml:\d+:1 group: this system has no group "rot" \(did you mean "root"\?\)/,
    ],
    [{ user: 4_000_000 }, /user 4000000 has no entry among this system's users: set "group", too/],
    [{ user: "a:b" }, /expected the name of a user, or its number, got "a:b"/],
    [
      { user: NOBODY, log: { access: "own/access.log" } },
      /log\.access: cannot open .*: nobody may not write to .*own: chown or chmod it/,
    ],
  ] as const)("%p", async (config, expected) => {
    const { code, stderr } = await start(config, async (dir) => {
      await letIn(dir);
      mkdirSync(join(dir, "own"));
      chownSync(join(dir, "own"), 12_345, 12_345);
    });
    expect(stderr).toMatch(expected);
    expect(code).toBe(2);
  });

  test("a folder that it may not enter", async () => {
    const { code, lines } = await start({ user: NOBODY }, () => Promise.resolve());
    expect(lines.join("\n")).toMatch(/user nobody: it may not enter \/\S+, for .*: chmod or chown/);
    expect(code).toBe(1);
  });

  test("an app that it may not read", async () => {
    const { code, lines } = await start({ user: NOBODY }, async (dir) => {
      await letIn(dir);
      chmodSync(join(dir, "app.ts"), 0o600);
    });
    expect(lines.join("\n")).toMatch(
      /app \.\/app\.ts: .*user nobody \(65534\) may not read \S+app\.ts/s,
    );
    expect(code).toBe(1);
  });
});

const check = (user: string) =>
  Bun.spawnSync(withoutRoot([pounceBinary(), "check", "--user", user, "--port", "0"]), {
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "" },
  });

test("without root, another user is refused with what is needed, and one's own is fine", async () => {
  const other = check("root");
  expect(other.stdout.toString()).toMatch(/--user: .*must be started as root, or with the cap/);
  expect(other.exitCode).toBe(2);
  const own = check(String(process.getuid?.() === 0 ? NOBODY_UID : process.getuid?.()));
  expect(own.stdout.toString()).toMatch(/ok {3}user: the app runs as \S+, as pounce itself/);
});

test.skipIf(isNotRoot())("check names what others may change of what root reads", () => {
  const dir = mkdtempSync(join(tmpdir(), "pounce-trust-"));
  chmodSync(dir, 0o755);
  const [config, env] = [join(dir, "pounce.toml"), join(dir, "app.env")];
  const text = `app = "./app.ts"\nport = 0\nuser = "${NOBODY}"\nenv_file = "app.env"\n`;
  writeFileSync(config, text);
  writeFileSync(env, "A=1");
  writeFileSync(join(dir, "app.ts"), 'export default { fetch: () => new Response("") };');
  const warned = (): string | undefined => {
    const { stdout } = Bun.spawnSync([pounceBinary(), "check", "--config", config]);
    return /warn user: others than root may change .*: (.*)/.exec(stdout.toString())?.[1];
  };
  try {
    expect(warned()).toBeUndefined();
    chmodSync(env, 0o666);
    expect(warned()).toBe(env);
    chownSync(dir, NOBODY_UID, NOBODY_UID);
    expect(warned()).toBe(`${config}, ${env}`);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
