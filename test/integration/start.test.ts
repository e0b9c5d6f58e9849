// Where pounce listens, what it refuses, and with which exit code.
import { afterAll, describe, expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { startLoad } from "../helpers/load.ts";
import { freePort } from "../helpers/ports.ts";
import { childrenOf } from "../helpers/processes.ts";
import { ask, versionsServed } from "../helpers/requests.ts";
import {
  pounce,
  runPounce,
  spawnPounce,
  startPounce,
  stopAllServers,
  untilControlled,
} from "../helpers/server.ts";

afterAll(stopAllServers);

describe.concurrent("the address", () => {
  test("port 0 is the same port on several hosts, kept over reloads", async () => {
    const host = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    await using server = await startPounce({ config: { host } });
    await server.reload();
    const told = server.logs.messages().flatMap((line) => /http:\/\/(\S+)/.exec(line)?.[1] ?? []);
    expect(told).toEqual(host.map((name) => `${name}:${server.port}`));
    for (const name of host) {
      expect((await ask({ host: name, port: server.port }, "/")).text).toBe("hello from v0");
    }
  }, 60_000);

  test("port 0 is the same port for all workers, kept over crashes and reloads", async () => {
    await using server = await startPounce({ config: { workers: 3 } });
    const pids = async () => {
      const replies = await Promise.all(Array.from({ length: 60 }, () => ask(server, "/pid")));
      return new Set(replies.map((reply) => Number(reply.text)));
    };
    const allWorkers = () => new Set(server.workers().map((worker) => worker.pid));
    expect(await pids()).toEqual(allWorkers());
    const [victim] = server.workers();
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await server.untilWorkers((found) => found.length === 3 && found.every((it) => it.id > 0));
    await server.reload();
    expect(await pids()).toEqual(allWorkers());
  }, 60_000);

  test("`localhost` is both 127.0.0.1 and ::1, before and after a reload", async () => {
    await using server = await startPounce({ config: { host: "localhost" } });
    for (const version of ["v0", "v1"]) {
      for (const host of ["127.0.0.1", "::1"]) {
        const { text } = await ask({ host, port: server.port }, "/");
        expect(text).toBe(`hello from ${version}`);
      }
      await server.writeApp(honoApp("v1"));
      await server.reload();
    }
  }, 60_000);

  test("of servers that are started on it at the same time one serves, and all others are refused", async () => {
    const app = `await Bun.sleep(700); ${honoApp("v0")}`;
    const config = { port: freePort(), host: ["127.0.0.1", "127.0.0.2"], workers: 1 };
    const servers = await Promise.all([1, 2, 3].map(() => spawnPounce({ app, config })));
    const first = await Promise.any(servers.map((server) => server.waitForLog("Listening on")));
    expect(first).toContain(`:${config.port}`);
    const serving = servers.filter(({ logs }) => logs.text().includes("Listening on"));
    expect(serving).toHaveLength(1);
    for (const server of servers.filter((one) => !serving.includes(one))) {
      expect((await server.exited).code).toBe(3);
      expect(server.logs.text()).toMatch(/Cannot listen on .*: the address is in use by/);
    }
  }, 60_000);

  test("that overlaps with another of the same server is no obstacle", async () => {
    const config = { port: freePort(), host: ["0.0.0.0", "127.0.0.1"] };
    await using server = await startPounce({ config });
    await server.reload();
    expect((await ask({ host: "127.0.0.1", port: config.port }, "/")).status).toBe(200);
  }, 60_000);

  test("`::` takes IPv6 and IPv4", async () => {
    await using server = await startPounce({ config: { host: "::" } });
    for (const host of ["127.0.0.1", "::1"]) {
      expect((await ask({ host, port: server.port }, "/")).status).toBe(200);
    }
  }, 60_000);

  test("that another pounce has is refused with exit 3 and the holder's pid", async () => {
    await using server = await startPounce();
    const config = { port: server.port };
    const run = await runPounce({ config, app: honoApp("intruder") });
    expect(run.code).toBe(3);
    const holders = new Set([server.pid, ...server.workers().map((worker) => worker.pid)]);
    expect(pidsIn(run.stderr).some((pid) => holders.has(pid))).toBe(true);
    expect(await versionsServed(server, 60)).toEqual(["v0"]);
  }, 60_000);

  test("can be taken again at once after a stop", async () => {
    await using first = await startPounce();
    const load = startLoad({ port: first.port, modes: ["connect", "connect-close"], clients: 16 });
    await load.untilMore(100);
    await load.stop();
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const config = { port: first.port };
    await using second = await startPounce({ config, app: honoApp("v1") });
    expect(await versionsServed(second)).toEqual(["v1"]);
  }, 60_000);

  for (const reusePort of [false, true]) {
    test(`that a Bun server has (reusePort ${reusePort}) is refused as well`, async () => {
      const script = `
        const reusePort = ${reusePort};
        const server = Bun.serve({ hostname: "127.0.0.1", port: 0, reusePort, fetch: () => new Response() });
        console.log(server.port);`;
      const holder = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
      try {
        const { value } = await holder.stdout.getReader().read();
        const run = await runPounce({ config: { port: Number(new TextDecoder().decode(value)) } });
        expect(run.code).toBe(3);
        expect(pidsIn(run.stderr)).toContain(holder.pid);
      } finally {
        holder.kill();
      }
    }, 60_000);
  }
});

describe("usage and configuration errors exit with 2 and name the nearest valid one:", () => {
  test("an unknown flag", async () => {
    const run = await runPounce({ args: ["--wrokers", "2"] });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("--workers");
  }, 60_000);

  test("a value that is no number", async () => {
    const run = await runPounce({ args: ["-w", "many"] });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("many");
  }, 60_000);

  test("an unknown key, with its line", async () => {
    const run = await runPounce({ config: 'app = "./app.ts"\nkeepalive_timeout = 3\n' });
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/pounce\.toml:2\b/);
    expect(run.stderr).toContain("keep_alive_timeout");
  }, 60_000);

  test("a configuration file that does not exist", async () => {
    const run = await runPounce({ argv: ["--config", "missing.toml"] });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("missing.toml");
  }, 60_000);
});

describe("settings", () => {
  test("from flags go before the environment, and that before the file", async () => {
    await using server = await startPounce({
      config: { workers: 1, keep_alive_timeout: 2 },
      env: { POUNCE_WORKERS: "2", POUNCE_RELOAD_TIMEOUT: "5" },
      args: ["--workers=3"],
    });
    expect(server.workers()).toHaveLength(3);
  }, 60_000);

  test("pid_file is made with mode 0600 and removed at the end", async () => {
    await using server = await startPounce({ config: { pid_file: "pounce.pid" } });
    const path = join(server.dir, "pounce.pid");
    expect((await Bun.file(path).text()).trim()).toBe(String(server.pid));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await Bun.file(path).exists()).toBe(false);
  }, 60_000);

  test("the master's only children are workers", async () => {
    await using server = await startPounce({ config: { workers: 3 } });
    const workers = server.workers().map((worker) => worker.pid);
    expect(childrenOf(server.pid).toSorted()).toEqual(workers.toSorted());
  }, 60_000);

  test("the master is told apart by its name, however short the command was", async () => {
    await using server = await startPounce({ argv: ["-c", "pounce.toml"] });
    const name = (await Bun.file(`/proc/${server.pid}/cmdline`).text()).split("\0")[0];
    expect(name).toMatch(/^pounce master \//);
  }, 60_000);
});

function pidsIn(text: string): number[] {
  return [...text.matchAll(/\b\d+\b/g)].map((match) => Number(match[0]));
}

test("who serves what is told at the start, right before the address, and by status later", async () => {
  await using server = await startPounce({ config: { workers: 1 } });
  const [first, second] = server.logs.messages();
  expect(first).toMatch(/^\[INFO\] pounce \d\S* \(pid \d+\) is serving \.\/app\.ts with 1 worker$/);
  expect(first).toContain(`(pid ${server.pid})`);
  expect(second).toBe(`[INFO] Listening on http://127.0.0.1:${server.port}`);
  await server.write("app.ts", "export default 5;");
  await server.reloadThatFails();
  await untilControlled(server);
  const { stdout } = await pounce(server, "status");
  expect(stdout).toMatch(
    /\nlast reload: generation 1 rejected \ds ago: app \.\/app\.ts: found a number/,
  );
  const { under_way, last_reload } = JSON.parse((await pounce(server, "status", "--json")).stdout);
  expect(under_way).toEqual([]);
  expect(last_reload).toMatchObject({ generation: 1, outcome: "rejected" });
}, 60_000);

test("pounce.toml in the folder is read unnamed; variables that change Bun are warned of", async () => {
  const env = {
    BUN_INSPECT: "ws://127.0.0.1:0/inspector",
    NODE_OPTIONS: "--max-old-space-size=64",
  };
  await using server = await startPounce({ argv: ["--port", "0", "--workers", "2"], env });
  const warnings = server.logs.matching("[WARN]").join("\n");
  expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe("hello from v0");
  expect((await pounce(server, "status")).code).toBe(0);
  expect(warnings).toContain("NODE_OPTIONS is set: it has no effect");
  expect(warnings).toContain("BUN_INSPECT is set: it opens a debugger in the master");
  expect(warnings).not.toContain("opens port");
}, 60_000);
