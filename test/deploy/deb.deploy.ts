// The Debian package on a Debian system with systemd as process 1, booted for each test: installed,
// upgraded under load, removed. Then lintian, and the package for arm64. `bun run build`, then as
// root: bun test ./test/deploy/deb.deploy.ts
// DEBIAN_SUITE=bookworm, or bullseye, tests an older Debian than trixie.
// packages: debootstrap, systemd-container, lintian, qemu-user-static, libc6-arm64-cross
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.ts";
import { debPackage } from "../../scripts/package/deb.ts";
import { dataFiles } from "../../scripts/package/deb/data.ts";
import { installBases, targetsNamed } from "../../scripts/release/targets.ts";
import { type Entry, file } from "../../scripts/archive.ts";
import { honoApp, nodeModules } from "../helpers/fixtures.ts";
import { describeResult, expectNoLoss, type Mode } from "../helpers/load.ts";
import { buildVersion } from "../helpers/other-version.ts";
import { RemoteClient } from "../helpers/remote-load.ts";
import { pounceBinary } from "../helpers/server.ts";
import { bootContainer, type Container } from "../helpers/systemd-machine.ts";
import { emulateArm64 } from "./emulation.ts";

const PORT = 8000;
const MODES: Mode[] = ["connect", "keep-alive", "silent", "post", "sse", "websocket"];
const UNIT = "usr/lib/systemd/system/pounce.service";
const CONFIG = "/etc/pounce/pounce.toml";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "pounce-deb-"));
/** What the machine sees as /packages, and as /srv/pounce. */
const packages = join(work, "packages");
const srv = join(work, "srv");
mkdirSync(packages);
mkdirSync(join(srv, "node_modules"), { recursive: true });
cpSync(join(nodeModules, "hono"), join(srv, "node_modules/hono"), { recursive: true });

afterAll(() => rmSync(work, { recursive: true }));

function filesWith(executable: string): Promise<Entry[]> {
  const maps = dirname(pounceBinary());
  return dataFiles({ root, executable: readFileSync(executable), maps, seconds: 1_700_000_000 });
}

function write(name: string, version: string, files: readonly Entry[], architecture = "amd64") {
  const seconds = 1_700_000_000;
  writeFileSync(join(packages, name), debPackage({ architecture, version, seconds, files }));
}

/** The files, with another text in one of them. */
function changed(files: readonly Entry[], path: string, change: (text: string) => string): Entry[] {
  return files.map((entry) => {
    if (entry.path !== path) return entry;
    return file(path, change(Buffer.from(entry.content ?? "").toString()), entry.mode);
  });
}

const next = await buildVersion("99.0.0");
const [oldFiles, newFiles] = await Promise.all([pounceBinary(), next.binary].map(filesWith));
if (oldFiles === undefined || newFiles === undefined) throw new Error("no files");
await next.remove();
write("old.deb", "1.0.0", oldFiles);
write("new.deb", "99.0.0", newFiles);
const withUnit = changed(newFiles, UNIT, (text) =>
  text.replace("WatchdogSec=20", "WatchdogSec=30"),
);
write(
  "changed.deb",
  "99.1.0",
  changed(withUnit, CONFIG.slice(1), (text) => `${text}# New.\n`),
);

// dpkg unpacks its files in this order, and finds the last one in another package.
write("broken.deb", "99.2.0", [...newFiles, file("usr/bin/sort", "not ours")]);

let machine: Container | undefined;
let client: RemoteClient | undefined;

/** Where containers cannot be had the tests are skipped, and say so; but in CI they fail. */
async function boot(): Promise<Container | undefined> {
  try {
    return await bootContainer({ "/packages": packages, "/srv/pounce": srv });
  } catch (error) {
    if (process.env["CI"] !== undefined) throw error;
    console.error(`SKIPPED, not possible here: a Debian with systemd: ${String(error)}`);
    return undefined;
  }
}

const probe = await boot();
await probe?.dispose();

/** Runs a command for sh in the machine. */
function tried(command: string) {
  if (machine === undefined) throw new Error("there is no container");
  return machine.run("sh", "-c", command);
}

async function run(command: string): Promise<string> {
  const { code, stdout, stderr } = await tried(command);
  if (code !== 0) throw new Error(`${command}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** What dpkg and the scripts say, on both outputs. */
async function dpkg(words: string): Promise<string> {
  return run(`dpkg ${words} 2>&1`);
}

async function property(name: string): Promise<string> {
  return (await run(`systemctl show --value -P ${name} pounce`)).trim();
}

function ask(path = "/", port = PORT) {
  if (client === undefined) throw new Error("there is no container");
  return client.ask(port, path);
}

async function running(): Promise<string> {
  return JSON.parse(await run(`pounce status --json --config ${CONFIG}`)).version;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(await run("journalctl -u pounce -o cat"));
    await Bun.sleep(50);
  }
}

/** An app of one's own instead of the demo, as the comments of pounce.toml say. */
async function useOwnApp(): Promise<void> {
  writeFileSync(join(srv, "app.ts"), honoApp("v0"));
  await run(`sed -i -e 's/^#app/app/' -e 's/^#working/working/' ${CONFIG}`);
  await run(`sed -i '1i keep_alive_timeout = 2' ${CONFIG}`);
  await run("systemctl reload pounce");
  expect(await ask()).toMatchObject({ status: 200, text: "hello from v0" });
}

/** Goes on under load. Fails if a client has lost anything. */
async function underLoad(goOn: () => Promise<void>): Promise<void> {
  await client?.startLoad({ port: PORT, modes: MODES, clients: 24, keepAliveMs: 2_000 });
  await client?.untilMore(1);
  await goOn();
  await client?.untilMore(1);
  const result = await client?.stopLoad();
  if (result === undefined) throw new Error("no load");
  console.log(describeResult(result));
  expectNoLoss(result);
}

describe.skipIf(probe === undefined)("in a Debian with systemd", () => {
  beforeEach(async () => {
    machine = await boot();
    client = machine && new RemoteClient(machine.leader);
  }, 60_000);

  afterEach(async () => {
    await client?.dispose();
    await machine?.dispose();
  }, 30_000);

  test("it installs, and the service serves the demo, as a user of its own", async () => {
    await dpkg("-i /packages/old.deb");
    expect(await property("ActiveState")).toBe("active");
    expect((await ask()).status).toBe(200);
    expect(await run("systemctl is-enabled pounce")).toBe("enabled\n");
    const users = await run("ps -o user= -p $(pgrep -d, -f '^pounce (master|worker)') | sort -u");
    expect(users).toBe("pounce\n");
    expect(await run("getent passwd pounce")).toContain(":/var/lib/pounce:/usr/sbin/nologin");
    // Every file is as it was packed.
    expect(await dpkg("--verify pounce")).toBe("");
    // Root's commands find the server.
    expect(await run("pounce ls")).toContain(`127.0.0.1:${PORT}  the built-in demo`);
  }, 60_000);

  test("an app of one's own is served after a reload, and a reload under load loses nothing", async () => {
    await dpkg("-i /packages/old.deb");
    await useOwnApp();
    const pid = await property("MainPID");
    await underLoad(async () => {
      writeFileSync(join(srv, "app.ts"), honoApp("v1"));
      await run("systemctl reload pounce");
      expect((await ask()).text).toBe("hello from v1");
    });
    expect(await property("MainPID")).toBe(pid);
    expect(await tried(`pounce check --config ${CONFIG}`)).toMatchObject({ code: 0 });
  }, 60_000);

  test("an upgrade and a downgrade under load lose nothing, and systemd follows", async () => {
    await dpkg("-i /packages/old.deb");
    await useOwnApp();
    const before = await property("MainPID");
    const invocation = await property("InvocationID");
    const old = await running();
    await underLoad(async () => {
      const said = await dpkg("-i /packages/new.deb");
      const after = await property("MainPID");
      expect(after).not.toBe(before);
      expect(said).toContain(`pounce: process ${after} has taken over from process ${before}`);
      expect(await running()).toBe("99.0.0");
      await client?.untilMore(1);
      await dpkg("-i /packages/old.deb");
      expect(await running()).toBe(old);
      // The same version once more.
      await dpkg("-i /packages/old.deb");
    });
    await until(async () => (await property("ActiveState")) === "active");
    // It has never been stopped, and its old masters have gone.
    expect(await property("InvocationID")).toBe(invocation);
    await until(async () => (await run("pgrep -cf '^pounce master'")) === "1\n");
    expect(await run("pgrep -f '^pounce master'")).toBe(`${await property("MainPID")}\n`);
  }, 120_000);

  test("an edited configuration is kept, and a changed unit is in force", async () => {
    await dpkg("-i /packages/old.deb");
    await run(`sed -i 's/^#workers.*/workers = 1/' ${CONFIG}`);
    const said = await dpkg("--force-confdef --force-confold -i /packages/changed.deb");
    expect(said).toContain("Keeping old config file as default");
    expect(await run(`grep -c '^workers = 1' ${CONFIG}`)).toBe("1\n");
    expect(await run(`tail -n 1 ${CONFIG}.dpkg-dist`)).toBe("# New.\n");
    expect(await property("NeedDaemonReload")).toBe("no");
    expect(await running()).toBe("99.0.0");
    // One that was not edited is replaced without a question.
    await run(`mv ${CONFIG}.dpkg-dist ${CONFIG}`);
    expect(await dpkg("-i /packages/old.deb </dev/null")).not.toContain("Configuration file");
    expect(await run(`tail -n 1 ${CONFIG}`)).not.toContain("New");
  }, 60_000);

  test("where the new version cannot take over, the old one goes on and the package is installed", async () => {
    await dpkg("-i /packages/old.deb");
    const pid = await property("MainPID");
    const old = await running();
    await run(`sed -i '1i wrong = 1' ${CONFIG}`);
    const said = await dpkg("-i /packages/new.deb");
    expect(said).toContain(`pounce: the running version (process ${pid}) goes on`);
    expect(said).toContain(`${CONFIG}:1:1 wrong: unknown key`);
    expect(await run("dpkg-query -W -f='${Status} ${Version}' pounce")).toBe(
      "install ok installed 99.0.0",
    );
    expect((await ask()).status).toBe(200);
    expect(await running()).toBe(old);
    // As the message says.
    await run(`sed -i 1d ${CONFIG}`);
    expect(await run("/usr/libexec/pounce/handover")).toContain("has taken over");
    expect(await running()).toBe("99.0.0");
    // What is up to date is left alone.
    expect(await run("/usr/libexec/pounce/handover")).toBe("");
  }, 60_000);

  test("an upgrade that fails half-way loses nothing and leaves the old version", async () => {
    await dpkg("-i /packages/old.deb");
    await useOwnApp();
    const old = await running();
    await underLoad(async () => {
      const { code, stderr } = await tried("dpkg -i /packages/broken.deb");
      expect(stderr).toContain("trying to overwrite '/usr/bin/sort'");
      expect(code).not.toBe(0);
      expect(await running()).toBe(old);
      await client?.untilMore(1);
      expect(await dpkg("-i /packages/new.deb")).toContain("has taken over");
    });
    expect(await running()).toBe("99.0.0");
  }, 90_000);

  test("a library that was replaced is taken over too, and needrestart's script is that", async () => {
    await dpkg("-i /packages/old.deb");
    const pid = await property("MainPID");
    const libm = "$(readlink -f /lib/$(uname -m)-linux-gnu/libm.so.6)";
    await run(`cp ${libm} /tmp/libm && mv /tmp/libm ${libm}`);
    await run("/etc/needrestart/restart.d/pounce.service");
    expect(await property("MainPID")).not.toBe(pid);
    expect(await property("NRestarts")).toBe("0");
  }, 60_000);

  test("what the administrator has chosen stays: stopped and disabled, or masked", async () => {
    await dpkg("-i /packages/old.deb");
    await run("systemctl disable --now pounce 2>&1");
    await dpkg("-i /packages/new.deb");
    expect((await tried("systemctl is-enabled pounce")).stdout).toBe("disabled\n");
    expect(await property("ActiveState")).toBe("inactive");
    await run("systemctl mask pounce 2>&1");
    await dpkg("-i /packages/old.deb");
    expect((await tried("systemctl is-enabled pounce")).stdout).toBe("masked\n");
  }, 60_000);

  test("policy-rc.d is heard: a server that may not be touched goes on as it is", async () => {
    await dpkg("-i /packages/old.deb");
    const pid = await property("MainPID");
    await run("printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d");
    await run("chmod +x /usr/sbin/policy-rc.d");
    await dpkg("-i /packages/new.deb");
    expect(await property("MainPID")).toBe(pid);
  }, 60_000);

  test("where the port is taken, the package is installed, and says what to do", async () => {
    await run("mkdir /tmp/other && cd /tmp/other && dpkg-deb -x /packages/old.deb .");
    const other = "systemd-run --quiet --unit=other --service-type=notify";
    await run(`${other} /tmp/other/usr/bin/pounce --port ${PORT}`);
    const said = await dpkg("-i /packages/old.deb");
    expect(said).toContain("pounce: installed, but pounce.service did not start:");
    expect(said).toContain(`Cannot listen on 127.0.0.1:${PORT}`);
    expect(await run("dpkg-query -W -f='${Status}' pounce")).toBe("install ok installed");
    await run(`sed -i 's/^port = .*/port = 8001/' ${CONFIG}`);
    await run("systemctl restart pounce");
    expect((await ask("/", 8001)).status).toBe(200);
  }, 60_000);

  test("beside a unit of one's own with a dynamic user, its user is made all the same", async () => {
    await run("dpkg-deb --fsys-tarfile /packages/old.deb | tar -xf - -C /tmp ./usr/bin/pounce");
    await run("install /tmp/usr/bin/pounce /usr/local/bin/pounce");
    writeFileSync(join(srv, "pounce.toml"), "port = 8002\n");
    await run("/usr/local/bin/pounce init systemd --dir /etc/systemd/system");
    await run("systemctl daemon-reload && systemctl enable --now pounce 2>&1");
    const pid = await property("MainPID");
    await dpkg("-i /packages/old.deb");
    expect(await run("grep -c ^pounce: /etc/passwd")).toBe("1\n");
    // What is not the package's own is left alone.
    expect(await property("MainPID")).toBe(pid);
    rmSync(join(srv, "pounce.toml"));
    await run("rm /etc/systemd/system/pounce.service");
    await run("systemctl daemon-reload && systemctl restart pounce");
    expect((await ask()).status).toBe(200);
  }, 60_000);

  test("removed, it stops when it has answered; installed again it serves; purged it is gone", async () => {
    const list =
      "find / -xdev -path /var/log -prune -o -path /tmp -prune -o -path /packages -prune";
    await run(`${list} -o -print | sort >/tmp/before`);
    await dpkg("-i /packages/old.deb");
    await useOwnApp();
    const reply = ask("/hold?ms=1500&name=slow");
    await until(async () => (await run("journalctl -u pounce -o cat")).includes("holding slow"));
    await dpkg("-r pounce");
    expect(await reply).toEqual({ status: 200, text: "held slow by v0" });
    expect((await tried("pgrep -f '^pounce (master|worker)'")).stdout).toBe("");
    expect(await run(`grep -c '^app' ${CONFIG}`)).toBe("1\n");
    await dpkg("-i /packages/old.deb");
    expect((await ask()).text).toBe("hello from v0");
    await dpkg("-P pounce");
    await run(`${list} -o -print | sort >/tmp/after`);
    const left = await tried("diff /tmp/before /tmp/after");
    expect(left.stdout.split("\n").filter((line) => /^[<>]/.test(line))).toEqual([]);
    expect(await run("systemctl list-units --failed --no-legend")).toBe("");
    // The user stays: files may be its own.
    expect(await run("getent passwd pounce")).toContain("pounce");
    // So does what an app has written.
    await dpkg("-i /packages/old.deb");
    await run("touch /var/lib/pounce/of-the-app");
    expect(await dpkg("-P pounce")).toContain("/var/lib/pounce is not empty: it stays");
    expect(await run("ls /var/lib/pounce")).toBe("of-the-app\n");
  }, 90_000);

  test("where systemd does not run, it installs and goes without a word about services", async () => {
    // As in a container: the programs may be there, but no systemd answers.
    const alone = (words: string): Promise<string> =>
      run(`unshare --mount sh -c 'mount -t tmpfs none /run && dpkg ${words}' 2>&1`);
    const said = await alone("-i /packages/old.deb");
    expect(said).not.toMatch(/systemctl|bus|fail|error|did not start/i);
    expect(await run("pounce --version")).toMatch(/^pounce /);
    const again = await alone("-i /packages/new.deb");
    expect(again).not.toMatch(/systemctl|bus|fail|error|taken over/i);
    expect(await alone("-P pounce")).not.toMatch(/systemctl|bus|fail|error/i);
  }, 60_000);
});

const emulation = process.arch === "x64" ? emulateArm64() : "arm64 is emulated on x64 alone";
afterAll(() => {
  if (typeof emulation === "function") emulation();
});

describe("for arm64", async () => {
  const [target] = targetsNamed(["linux-arm64"]);
  if (target === undefined) throw new Error("no target linux-arm64");
  const executable = join(work, "arm64", "pounce");
  await build(executable, { name: target.bun, base: installBases(root, [target])(target) });
  write("arm64.deb", "1.0.0", await filesWith(executable), "arm64");

  const libraries = "/usr/aarch64-linux-gnu";
  const isMissing = typeof emulation === "string" || !existsSync(libraries);
  if (isMissing) {
    console.log(`not possible here: the executable for arm64 is not run (${String(emulation)})`);
  }

  test.skipIf(isMissing)(
    "its executable runs, and checks the configuration of the package",
    () => {
      const unpacked = join(work, "unpacked");
      Bun.spawnSync(["dpkg-deb", "--extract", join(packages, "arm64.deb"), unpacked]);
      const config = join(unpacked, CONFIG.slice(1));
      writeFileSync(config, readFileSync(config, "utf8").replace("port = 8000", "port = 0"));
      const check = Bun.spawnSync([join(unpacked, "usr/bin/pounce"), "check", "--config", config], {
        env: { ...process.env, QEMU_LD_PREFIX: libraries },
      });
      expect(check.stderr.toString()).toBe("");
      expect(check.exitCode).toBe(0);
    },
    60_000,
  );
});

const hasLintian = Bun.which("lintian") !== null;
if (!hasLintian) console.log("not possible here: lintian is not installed");

test.skipIf(!hasLintian).each(["old.deb", "arm64.deb"])(
  "lintian has nothing against %s",
  (name) => {
    const argv = ["lintian", "--allow-root", "--fail-on", "error,warning", join(packages, name)];
    const { exitCode, stdout } = Bun.spawnSync(argv);
    expect(stdout.toString()).toBe("");
    expect(exitCode).toBe(0);
  },
  120_000,
);
