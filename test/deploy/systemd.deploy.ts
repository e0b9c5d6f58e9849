// pounce under a real systemd, in a container booted for it, with the very unit that `pounce init
// systemd` writes. `bun run build`, then as root:
// bun test ./test/deploy/systemd.deploy.ts
// Needs debootstrap and systemd-container. The first run makes the container's root, in about a
// minute.
// DEBIAN_SUITE=bookworm tests an older systemd than trixie's.
// packages: debootstrap, systemd-container
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmod, cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { bootContainer, type Container } from "../helpers/systemd-machine.ts";
import { honoApp, nodeModules } from "../helpers/fixtures.ts";
import { describeResult, expectNoLoss, type Mode } from "../helpers/load.ts";
import { RemoteClient } from "../helpers/remote-load.ts";
import { pounceBinary } from "../helpers/server.ts";

const PORT = 8000;
const MODES: Mode[] = ["connect", "keep-alive", "silent", "post", "sse", "websocket"];
const CONFIG = { app: "./app.ts", port: PORT, workers: 2, keep_alive_timeout: 2 };

/** Ends what a test has left behind, whatever that is. */
const CLEAN_UP = [
  "systemctl kill -s KILL pounce 2>/dev/null",
  "systemctl stop pounce",
  "systemctl reset-failed pounce 2>/dev/null",
  "rm -rf /run/systemd/system/pounce.service.d",
  "systemctl daemon-reload",
].join("; ");

/**
 * What the unit calls /srv/pounce. Anybody may read it, as the unit's user exists only while it
 * runs.
 */
const folder = await mkdtemp(join(tmpdir(), "pounce-systemd-"));
await chmod(folder, 0o755);
await mkdir(join(folder, "node_modules"));
await cp(join(nodeModules, "hono"), join(folder, "node_modules/hono"), { recursive: true });

const machine = await boot();
const client = machine && new RemoteClient(machine.leader);
await machine?.run("/usr/local/bin/pounce", "init", "systemd", "--dir", "/etc/systemd/system");
/** Of systemd in the container. */
const systemdVersion = Number(
  /\d+/.exec((await machine?.run("systemctl", "--version"))?.stdout ?? "")?.[0],
);

afterAll(async () => {
  await client?.dispose();
  await machine?.dispose();
  await rm(folder, { recursive: true });
});

/** Where containers cannot be had the tests are skipped, and say so; but in CI they fail. */
async function boot(): Promise<Container | undefined> {
  try {
    return await bootContainer({
      "/srv/pounce": folder,
      "/usr/local/bin/pounce": pounceBinary(),
    });
  } catch (error) {
    if (process.env["CI"] !== undefined) {
      await rm(folder, { recursive: true });
      throw error;
    }
    console.error(`SKIPPED, not possible here: systemd: ${String(error)}`);
    return undefined;
  }
}

async function run(...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await tried(...command);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

function tried(...command: string[]) {
  if (machine === undefined) throw new Error("there is no container");
  return machine.run(...command);
}

function ask(path = "/", timeoutMs?: number) {
  if (client === undefined) throw new Error("there is no container");
  return client.ask(PORT, path, timeoutMs);
}

async function property(name: string): Promise<string> {
  return (await run("systemctl", "show", "--value", "-P", name, "pounce")).trim();
}

/** Where the journal was when the test began. */
let cursor = "";

/** What the journal has of the unit since the test began. */
function journal(): Promise<string> {
  const unit = ["_SYSTEMD_UNIT=pounce.service", "+", "UNIT=pounce.service"];
  return run("journalctl", "-q", "-o", "cat", `--after-cursor=${cursor}`, ...unit);
}

async function untilJournal(text: string, timeoutMs = 15_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await journal()).includes(text)) {
    if (performance.now() > deadlineMs) {
      throw new Error(`no "${text}" in the journal:\n${await journal()}`);
    }
    await Bun.sleep(20);
  }
}

async function write(name: string, content: string): Promise<void> {
  await Bun.write(join(folder, `.${name}.new`), content);
  await rename(join(folder, `.${name}.new`), join(folder, name));
}

/** All that `look` sees while something goes on, each once. Fails as that does. */
async function seenDuring(
  goesOn: Promise<unknown>,
  look: () => Promise<string>,
): Promise<string[]> {
  const seen = new Set<string>();
  const over = goesOn.then(() => true);
  while (!(await Promise.race([over, false]))) seen.add(await look());
  return [...seen];
}

/** Sets keys of the unit, beside it and over it, until the next test. */
async function override(...lines: string[]): Promise<void> {
  const text = ["[Service]", ...lines, ""].join("\\n");
  const path = "/run/systemd/system/pounce.service.d/test.conf";
  await run("sh", "-c", `mkdir -p $(dirname ${path}) && printf '${text}' >${path}`);
  await run("systemctl", "daemon-reload");
}

/** The processes of the unit, by their names. */
async function processes(): Promise<string[]> {
  const { stdout } = await tried("sh", "-c", "pgrep -af '^pounce (master|worker)'");
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(machine === undefined)("under systemd", () => {
  beforeEach(async () => {
    await run("sh", "-c", CLEAN_UP);
    const last = await run("journalctl", "-q", "-n", "1", "--show-cursor");
    cursor = /^-- cursor: (.+)$/m.exec(last)?.[1] ?? "";
    await write("app.ts", honoApp("v0"));
    await write("pounce.toml", stringify(CONFIG));
  }, 30_000);

  test("a start is active only when the server serves", async () => {
    const slow = "export const startup = () => Bun.sleep(700);\n";
    await write("app.ts", slow + honoApp("v0"));
    const started = run("systemctl", "start", "pounce");
    const seen = await seenDuring(
      started,
      async () => `${await property("ActiveState")}: ${await property("StatusText")}`,
    );
    expect(await ask()).toMatchObject({ status: 200, text: "hello from v0" });
    expect(seen).toContain("activating: Starting: generation 0 is loading");
    expect(seen.filter((text) => text.startsWith("active: Starting"))).toEqual([]);
    const status = await run("systemctl", "status", "--no-pager", "pounce");
    expect(status).toContain('Status: "Serving with 2 workers on generation 0"');
    expect(status).toMatch(/pounce worker 0 generation 0 slot 0/);
    // What systemd means for the master alone.
    const [worker = ""] = (await run("pgrep", "-f", "^pounce worker")).split("\n");
    const environment = await run("cat", `/proc/${worker}/environ`);
    expect(environment).toContain("INVOCATION_ID=");
    expect(environment).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);
  }, 20_000);

  test("a start of an app that does not load fails", async () => {
    await write("app.ts", "throw new Error('no database');");
    const { code } = await tried("systemctl", "start", "pounce");
    expect(code).not.toBe(0);
    expect(await journal()).toContain("no database");
  }, 20_000);

  test("three reloads under load lose nothing and keep the master's process", async () => {
    await run("systemctl", "start", "pounce");
    const pid = await property("MainPID");
    await client?.startLoad({ port: PORT, modes: MODES, clients: 24, keepAliveMs: 2_000 });
    await client?.untilMore(1);
    const states: string[] = [];
    for (const version of ["v1", "v2", "v3"]) {
      await write("app.ts", honoApp(version));
      const reload = run("systemctl", "reload", "pounce");
      states.push(...(await seenDuring(reload, () => property("ActiveState"))));
      expect(await ask()).toMatchObject({ text: `hello from ${version}` });
      await client?.untilMore(1);
    }
    const result = await client?.stopLoad();
    if (result === undefined) throw new Error("no load");
    console.log(describeResult(result));
    expectNoLoss(result);
    expect(result.versions).toEqual(["v0", "v1", "v2", "v3"]);
    expect(states).toContain("reloading");
    expect(new Set(states).difference(new Set(["active", "reloading"])).size).toBe(0);
    expect(await property("MainPID")).toBe(pid);
    expect(await property("StatusText")).toBe("Serving with 2 workers on generation 3");
  }, 60_000);

  test("a reload of a broken app fails, and the old version keeps serving", async () => {
    await run("systemctl", "start", "pounce");
    const pid = await property("MainPID");
    await write("app.ts", "throw new Error('no database');");
    const { code } = await tried("systemctl", "reload", "pounce");
    expect(code).not.toBe(0);
    expect(await journal()).toContain("no database");
    expect(await ask()).toMatchObject({ status: 200, text: "hello from v0" });
    expect(await property("ActiveState")).toBe("active");
    expect(await property("MainPID")).toBe(pid);
    const failed = "Reload failed: generation 1 was rejected; generation 0 keeps serving";
    expect(await property("StatusText")).toBe(failed);
    await write("app.ts", honoApp("v1"));
    await run("systemctl", "reload", "pounce");
    expect(await ask()).toMatchObject({ text: "hello from v1" });
  }, 20_000);

  test("a reload by kill -HUP is one to systemd too", async () => {
    await run("systemctl", "start", "pounce");
    await write("app.ts", honoApp("v1"));
    await run("kill", "-HUP", await property("MainPID"));
    await untilJournal("Draining old workers");
    expect(await property("ActiveState")).toBe("reloading");
    await untilJournal("Graceful reload complete");
    // A reload waits for the one under way, so that after this one there is none.
    await run("systemctl", "reload", "pounce");
    expect(await property("ActiveState")).toBe("active");
    expect(await property("StatusText")).toBe("Serving with 2 workers on generation 2");
  }, 20_000);

  // By signal, systemd tells the answer to its own from an older one by the clock.
  test.skipIf(systemdVersion < 253)(
    "with Type=notify-reload a reload has ended when it returns",
    async () => {
      await override("Type=notify-reload", "ExecReload=");
      await run("systemctl", "start", "pounce");
      for (const generation of [1, 2]) {
        await write("app.ts", honoApp(`v${generation}`));
        await run("systemctl", "reload", "pounce");
        const status = `Serving with 2 workers on generation ${generation}`;
        expect(await property("StatusText")).toBe(status);
        expect(await ask()).toMatchObject({ text: `hello from v${generation}` });
      }
    },
    20_000,
  );

  test("at USR2 systemd follows the new master, nothing is lost, and it reloads and stops that one", async () => {
    // The watchdog has to hear of the new master in time.
    await override("WatchdogSec=4");
    await run("systemctl", "start", "pounce");
    const pid = await property("MainPID");
    await client?.startLoad({ port: PORT, modes: MODES, clients: 24, keepAliveMs: 2_000 });
    await client?.untilMore(1);
    await write("app.ts", honoApp("v1"));
    await run("systemctl", "kill", "--kill-whom=main", "-s", "USR2", "pounce");
    const states = await seenDuring(untilJournal("Handed over"), () => property("ActiveState"));
    while ((await property("MainPID")) === pid) await Bun.sleep(20);
    await client?.untilMore(1);
    await run("sh", "-c", `while kill -0 ${pid} 2>/dev/null; do sleep 0.05; done`);
    await write("app.ts", honoApp("v2"));
    await run("systemctl", "reload", "pounce");
    await client?.untilMore(1);
    const result = await client?.stopLoad();
    if (result === undefined) throw new Error("no load");
    expectNoLoss(result);
    expect(result.versions).toEqual(["v0", "v1", "v2"]);
    expect(states.filter((state) => state !== "active" && state !== "reloading")).toEqual([]);
    // Longer than the watchdog waits for a master that it does not hear of.
    await Bun.sleep(5_000);
    expect(await property("NRestarts")).toBe("0");
    expect(await property("StatusText")).toBe("Serving with 2 workers on generation 2");
    const reply = ask("/hold?ms=1500&name=slow");
    await untilJournal("holding slow");
    await run("systemctl", "stop", "pounce");
    expect(await reply).toEqual({ status: 200, text: "held slow by v2" });
    expect(await property("Result")).toBe("success");
    expect(await processes()).toEqual([]);
  }, 60_000);

  test("a master that is killed is replaced, when its workers have finished what they had", async () => {
    await run("systemctl", "start", "pounce");
    const pid = await property("MainPID");
    const reply = ask("/hold?ms=1500&name=slow");
    await untilJournal("holding slow");
    await run("kill", "-KILL", pid);
    expect(await reply).toEqual({ status: 200, text: "held slow by v0" });
    await untilJournal("Scheduled restart job");
    while ((await property("ActiveState")) !== "active") await Bun.sleep(20);
    expect(await ask()).toMatchObject({ status: 200, text: "hello from v0" });
    expect(await property("MainPID")).not.toBe(pid);
    expect(await processes()).toHaveLength(3);
  }, 30_000);

  test("a stop ends within its time, with a slow request finished and no process left", async () => {
    await run("systemctl", "start", "pounce");
    const reply = ask("/hold?ms=2000&name=slow");
    await untilJournal("holding slow");
    const from = performance.now();
    await run("systemctl", "stop", "pounce");
    expect(performance.now() - from).toBeLessThan(10_000);
    expect(await reply).toEqual({ status: 200, text: "held slow by v0" });
    expect(await property("Result")).toBe("success");
    expect(await property("ActiveState")).toBe("inactive");
    expect(await processes()).toEqual([]);
  }, 20_000);

  test("a start, a reload and a stop that take longer than systemd would wait are waited for", async () => {
    await override("TimeoutStartSec=1", "TimeoutStopSec=1");
    const slow = "export const startup = () => Bun.sleep(1200);\n";
    await write("app.ts", slow + honoApp("v0"));
    await run("systemctl", "start", "pounce");
    await run("systemctl", "reload", "pounce");
    const reply = ask("/hold?ms=2500&name=slow");
    await untilJournal("holding slow");
    await run("systemctl", "stop", "pounce");
    expect(await reply).toEqual({ status: 200, text: "held slow by v0" });
    expect(await property("Result")).toBe("success");
  }, 30_000);

  test("with its sockets at systemd a restart and a kill -9 of the master refuse nobody", async () => {
    const units = "/etc/systemd/system";
    const init = ["init", "systemd", "--force", "--dir", units];
    try {
      await run("/usr/local/bin/pounce", ...init, "--socket");
      await run("systemctl", "daemon-reload");
      await run("systemctl", "start", "pounce.socket", "pounce");
      await client?.startLoad({ port: PORT, modes: ["connect", "keep-alive"], clients: 16 });
      await client?.untilMore(2);
      await run("systemctl", "restart", "pounce");
      await client?.untilMore(2);
      await run("systemctl", "kill", "-s", "KILL", "--kill-who=main", "pounce");
      await untilJournal("Scheduled restart job");
      await client?.untilMore(2);
      const result = await client?.stopLoad();
      if (result === undefined) throw new Error("there is no client");
      console.log(describeResult(result));
      expectNoLoss(result);
      expect(await property("NRestarts")).toBe("1");
    } finally {
      await run("sh", "-c", `systemctl stop pounce pounce.socket; rm ${units}/pounce.socket`);
      await run("/usr/local/bin/pounce", ...init);
      await run("systemctl", "daemon-reload");
    }
  }, 60_000);

  test.each<[Record<string, unknown>, string, RegExp]>([
    [{ port: 443 }, "443", /^(?!root|www-data)\S+$/m],
    [{ port: 443, user: "www-data" }, "443", /^www-data$/m],
    [{ port: undefined, uds: "/run/my-app/app.sock", group: "www-data" }, "", /^(?!root)\S+$/m],
  ])("the unit starts what pounce.toml says: %j", async (keys, port, workerUser) => {
    const init = "pounce init systemd --force --dir /etc/systemd/system";
    try {
      await write("pounce.toml", stringify({ ...CONFIG, ...keys }));
      await run("sh", "-c", `cd /srv/pounce && ${init} && systemctl daemon-reload`);
      await run("systemctl", "start", "pounce");
      if (port === "") {
        const file = await run("stat", "-c", "%a %G", "/run/my-app/app.sock");
        expect(file).toBe("660 www-data\n");
      } else {
        expect(await client?.ask(Number(port), "/")).toMatchObject({ status: 200 });
      }
      const user = await run(
        "sh",
        "-c",
        "ps -o user:32= -p $(pgrep -f '^pounce worker' | head -1)",
      );
      expect(user.trim()).toMatch(workerUser);
      await run("systemctl", "reload", "pounce");
      expect(await run("/usr/local/bin/pounce", "ls")).toContain("pounce.toml");
      await run("systemctl", "stop", "pounce");
    } finally {
      await run("sh", "-c", `cd / && ${init} && systemctl daemon-reload`);
    }
  });

  test("a master that hangs is replaced by the watchdog, and the new one serves", async () => {
    // The unit has 20 seconds, which would be most of this run.
    await override("WatchdogSec=4");
    await run("systemctl", "start", "pounce");
    const old = await processes();
    const pid = await property("MainPID");
    await run("kill", "-STOP", pid);
    await untilJournal("Watchdog timeout");
    await untilJournal("Scheduled restart job");
    while ((await property("ActiveState")) !== "active") await Bun.sleep(20);
    expect(await ask()).toMatchObject({ status: 200, text: "hello from v0" });
    expect(await property("NRestarts")).toBe("1");
    expect(await property("MainPID")).not.toBe(pid);
    const now = await processes();
    expect(now).toHaveLength(3);
    expect(now.filter((name) => old.includes(name))).toEqual([]);
  }, 60_000);
});
