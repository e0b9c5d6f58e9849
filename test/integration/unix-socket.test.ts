// A server on a Unix socket: reloads, crashes, handovers and a stop lose nobody; what may be at its
// path, and what is said where it cannot listen.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { encodeUnix } from "../../src/net/unix-address.ts";
import { libc } from "../../src/os/libc.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { handOver, upgradeBinary } from "../helpers/handover.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { freePort } from "../helpers/ports.ts";
import { ask, hold, idleConnection, RawSocket, exchange } from "../helpers/requests.ts";
import {
  type Config,
  type PounceOptions,
  runPounce,
  type ServerProcess,
  startControlled,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { untilGone } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

/** A whole pounce.toml. */
function toml(config: Config): string {
  const lines = { app: "./app.ts", workers: 2, keep_alive_timeout: 2, ...config };
  return Object.entries(lines)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join("\n");
}

const start = (config: Config = {}, options: PounceOptions = {}): Promise<ServerProcess> =>
  startPounce({ config: toml({ uds: "app.sock", ...config }), ...options });

test.concurrent("a reload, a handover and a stop lose nobody", async () => {
  await using server = await start({}, { copyBinary: true });
  const modes = ["connect", "connect-close", "keep-alive", "post", "websocket"] as const;
  const load = startLoad({ port: 0, path: server.path, modes, clients: 20, keepAliveMs: 2000 });
  await load.untilMore(2);
  await server.writeApp(honoApp("v1"));
  await server.reload();
  await load.untilMore(2);
  await upgradeBinary(server);
  await server.writeApp(honoApp("v2"));
  const { pid } = await handOver(server);
  await untilGone([server.pid], 20_000);
  await load.untilMore(2);
  expectNoLoss(load.result);
  expect(load.result.versions).toEqual(["v0", "v1", "v2"]);
  process.kill(pid, "SIGTERM");
  await untilGone([pid], 20_000);
  const result = await load.stop();
  expectNoLoss(result, ["refused"]);
  // Nothing of the socket is left.
  expect(readdirSync(server.dir).filter((it) => /sock|^\.pounce/.test(it))).toEqual([]);
});

test.concurrent(
  "a client that waits to be accepted survives a kill -9 of the only worker",
  async () => {
    await using server = await start({ workers: 1 });
    const [worker] = server.workers();
    process.kill(worker?.pid ?? 0, "SIGSTOP");
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => RawSocket.open(server.endpoint)),
    );
    const replies = clients.map((client) => exchange(client, { path: "/" }));
    process.kill(worker?.pid ?? 0, "SIGKILL");
    const statuses = (await Promise.all(replies)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    for (const client of clients) client.close();
  },
);

test.concurrent("another path, a port, and the first path again: each is a reload", async () => {
  await using server = await start({ reload_timeout: 20 });
  const held = await hold(server);
  const first = join(server.dir, "app.sock");
  const other = join(server.dir, "other.sock");
  const port = freePort();
  await server.write("pounce.toml", toml({ uds: "other.sock", reload_timeout: 20 }));
  await server.steer();
  expect((await ask({ path: other })).status).toBe(200);
  await until("the first path has gone", () => !existsSync(first));
  await server.write("pounce.toml", toml({ port, reload_timeout: 20 }));
  await server.steer();
  expect((await ask({ port })).status).toBe(200);
  await until("the other path has gone", () => !existsSync(other));
  await server.write("pounce.toml", toml({ uds: "app.sock", reload_timeout: 20 }));
  await server.steer();
  expect((await ask({ path: first })).status).toBe(200);
  held.release();
  expect((await held.reply).status).toBe(200);
  await server.waitForLog("Running 2 worker(s) on generation 3", { timeoutMs: 20_000 });
  expect((await ask({ path: first })).status).toBe(200);
});

test.concurrent("commands find it by its path, and show it", async () => {
  await using server = await startControlled({ config: toml({ uds: "app.sock" }) });
  const name = `unix:${join(server.dir, "app.sock")}`;
  await server.waitForLog(`[INFO] Listening on ${name}`);
  const env = { RUNTIME_DIRECTORY: server.dir };
  const status = await runPounce({ argv: ["status", "--uds", server.path ?? ""], env });
  expect(status.stdout).toContain(` on ${name} for `);
  const config = join(server.dir, "pounce.toml");
  const check = await runPounce({ argv: ["check", "--config", config], env });
  expect(check.stdout).toContain(`address: ${name}: held by pounce master, pid ${server.pid}`);
  const second = await runPounce({ config: toml({ uds: server.path }) });
  expect(second).toMatchObject({ code: 3 });
  expect(second.stderr).toContain(`in use by process ${server.pid} (pounce master`);
  expect((await ask({ path: server.path ?? "" })).status).toBe(200);
});

/** What a server that was killed leaves behind. */
function leaveSocket(path: string): void {
  const fd = libc().socket(1, 1, 0);
  const name = encodeUnix(path);
  libc().bind(fd, name, name.length);
  libc().close(fd);
}

test.concurrent(
  "a stale file is replaced, has its permissions, also after a reload, and is made again",
  async () => {
    await using server = await start(
      { uds_permissions: "606" },
      { prepare: async (dir) => leaveSocket(join(dir, "app.sock")) },
    );
    const path = join(server.dir, "app.sock");
    expect(statSync(path).mode & 0o777).toBe(0o606);
    expect((await ask({ path })).status).toBe(200);
    await rm(path);
    await until("the path is back", () => existsSync(path));
    expect((await ask({ path })).status).toBe(200);
    await server.write("pounce.toml", toml({ uds: "app.sock", uds_permissions: "600" }));
    await server.reload();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  },
);

// Bun's own timer, which `server.timeout` does not put off there, would need 8 seconds at least.
test.concurrent(
  "an idle connection is closed in time, one with a slow request is not",
  async () => {
    await using server = await start({ workers: 1, keep_alive_timeout: 1 });
    const held = await hold(server);
    using idle = await idleConnection(server);
    const closed = idle.untilEnded(performance.now() + 15_000);
    const first = await Promise.race([closed, Bun.sleep(2500).then(() => "still open")]);
    expect(first).toBe("still open");
    held.release();
    expect((await held.reply).status).toBe(200);
    const releasedMs = performance.now();
    await closed;
    expect(performance.now() - releasedMs).toBeLessThan(7000);
  },
);

test.concurrent("a master that is killed leaves a path that the next one takes", async () => {
  await using server = await start({}, {});
  const held = await hold(server);
  server.signal("SIGKILL");
  await server.exited;
  await using next = await startPounce({ config: toml({ uds: server.path }) });
  expect((await ask({ path: next.path ?? "" })).status).toBe(200);
  held.release();
  expect((await held.reply).status).toBe(200);
});

test.concurrent.each<[Config, number, RegExp]>([
  [{ uds: "pounce.toml" }, 3, /unix:.*pounce\.toml: there is a file that is no socket: remove it/],
  [{ uds: "gone/app.sock" }, 3, /there is no folder .*gone: create it/],
  [{ uds: "app.sock", port: 80 }, 2, /uds: .* beside .*port = 80/],
  [{ uds: "a".repeat(108) }, 2, /uds: expected a path of at most 107 bytes/],
])("%j is refused with exit code %d", async (config, code, words) => {
  const refused = await runPounce({ config: toml(config) });
  expect(refused.code).toBe(code);
  expect(refused.stderr).toMatch(words);
  expect(refused.stdout).not.toContain("Listening");
});

test.concurrent(
  "of two that start at the same time, the later one to serve is refused",
  async () => {
    await using first = await start();
    const path = join(first.dir, "shared.sock");
    const signs = { loads: join(first.dir, "loads"), go: join(first.dir, "go") };
    const app = `
    const signs = ${JSON.stringify(signs)};
    await Bun.write(signs.loads, "");
    while (!(await Bun.file(signs.go).exists())) await Bun.sleep(10);
    export default { fetch: () => new Response("late") };
  `;
    const late = runPounce({ app, config: toml({ uds: path, workers: 1 }) });
    await until("its app loads", () => existsSync(signs.loads));
    await using server = await startPounce({ config: toml({ uds: path }) });
    await Bun.write(signs.go, "");
    const { code, stdout, stderr } = await late;
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(`the address is in use by process ${server.pid}`);
    expect((await ask({ path })).text).not.toBe("late");
  },
);

const PROGRAM = `
  import { createServer } from "node:http";
  const server = createServer(async (request, response) => {
    if (request.url === "/slow") await new Promise((resolve) => setTimeout(resolve, 1500));
    response.end(JSON.stringify({ ip: request.socket.remoteAddress ?? null }));
  });
  server.listen(3000, () => console.log("listening"));
`;

/** Answers some milliseconds after its client has gone. */
const OUTLIVED = `
export default {
  async fetch({ signal }) {
    const { promise, resolve } = Promise.withResolvers();
    signal.addEventListener("abort", resolve);
    console.log("begun");
    await promise;
    await Bun.sleep(30);
    return new Response("too late");
  },
};`;

test.concurrent("a client that leaves before its answer is logged with 499", async () => {
  await using server = await start({ "log.access": "access.log" }, { app: OUTLIVED });
  const leaving = new AbortController();
  const { signal } = leaving;
  const asked = fetch("http://a/", { unix: server.path ?? "", signal }).catch(() => "has left");
  await server.waitForLog("begun");
  leaving.abort();
  expect(await asked).toBe("has left");
  const path = join(server.dir, "access.log");
  await until("the 499 is logged", async () => (await Bun.file(path).text()).endsWith(" 499 -\n"));
});

test.concurrent("a program on node:http is served, and lives through a reload", async () => {
  await using server = await start({ "log.access": "access.log" }, { app: PROGRAM });
  const path = server.path ?? "";
  const slow = ask({ path }, "/slow");
  expect((await ask({ path })).text).toBe('{"ip":null}');
  await server.reload();
  expect((await slow).status).toBe(200);
  expect((await ask({ path })).status).toBe(200);
});

test.concurrent(
  "the log says that a client is on the socket, or whom a proxy there names",
  async () => {
    const config = { "log.access": "access.log", trusted_proxies: "unix", workers: 1 };
    await using server = await start(config);
    const path = server.path ?? "";
    await ask({ path }, "/");
    await ask({ path }, { path: "/", headers: { "X-Forwarded-For": "192.0.2.7" } });
    server.signal("SIGTERM");
    await server.exited;
    const lines = (await Bun.file(join(server.dir, "access.log")).text()).trim().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["unix:", "192.0.2.7"]);
  },
);

test.concurrent("an abstract name is served, and free when the server has gone", async () => {
  const uds = `@pounce-test-${process.pid}`;
  await using server = await start({ uds });
  expect((await ask({ path: uds })).status).toBe(200);
  await server.reload();
  expect((await ask({ path: uds })).status).toBe(200);
  server.signal("SIGTERM");
  await server.exited;
  await expect(ask({ path: uds })).rejects.toThrow();
});
