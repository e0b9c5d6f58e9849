// The old version in standby, in a whole server: nothing new comes to it, what it has goes on, and
// it takes over again, drains, ends or crashes as any other.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Receipt } from "../../src/admin/protocol.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask, exchange, hold, RawSocket, versionsServed } from "../helpers/requests.ts";
import {
  type Config,
  pounce,
  type PounceOptions,
  type ServerProcess,
  startControlled,
  stopAllServers,
  tomlOf,
} from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const CONFIG: Config = { health_check_path: "/health", rollout: { bake: "1h" } };

/** A server whose version v1 serves, with v0 in standby. */
async function baking(more: PounceOptions = {}): Promise<ServerProcess> {
  const server = await startControlled({ ...more, config: more.config ?? CONFIG });
  await server.writeApp(honoApp("v1"));
  await reload(server);
  return server;
}

async function reload(server: ServerProcess): Promise<void> {
  const { code, stderr } = await pounce(server, "reload");
  expect([code, stderr]).toEqual([0, ""]);
}

async function rollBack(server: ServerProcess): Promise<void> {
  const { code, stderr } = await pounce(server, "rollback");
  expect([code, stderr]).toEqual([0, ""]);
}

test.concurrent("a rollback loses nothing, and can be done again", async () => {
  await using server = await startControlled({ config: CONFIG });
  const { port } = server;
  const modes = ["connect", "keep-alive", "websocket"] as const;
  const load = startLoad({ port, modes, clients: 48, gapMs: 20 });
  for (const version of ["v1", "v2"]) {
    await load.untilMore(200);
    await server.writeApp(honoApp(version));
    await reload(server);
    expect(await versionsServed(server)).toEqual([version]);
    await load.untilMore(200);
    await rollBack(server);
    expect(await versionsServed(server)).toEqual(["v0"]);
  }
  await load.untilMore(200);
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(["v0", "v1", "v2"]);
  await server.untilWorkers((workers) => workers.every(({ generation }) => generation === 0));
  await server.waitForLog('"generation":2,"outcome":"rolled-back"');
});

const ON_A_PATH = `app = "./app.ts"\nuds = "app.sock"\nworkers = 2\n[rollout]\nbake = "1h"\n`;
const SHARED: readonly (readonly [string, PounceOptions])[] = [
  ["a Unix socket", { config: ON_A_PATH }],
  ["a port that all workers share", { config: CONFIG, forbidSteering: true }],
];

test.concurrent.each(SHARED)("on %s the same holds", async (_, options) => {
  await using server = await baking(options);
  expect(await versionsServed(server, 50)).toEqual(["v1"]);
  await rollBack(server);
  expect(await versionsServed(server, 50)).toEqual(["v0"]);
  await server.untilWorkers((workers) => workers.every(({ generation }) => generation === 0));
});

test.concurrent("an old connection is served and let go, and is healthy", async () => {
  const config = { ...CONFIG, keep_alive_timeout: 60 };
  await using server = await startControlled({ config });
  using socket = await RawSocket.open(server.endpoint);
  await exchange(socket, { path: "/" });
  await server.writeApp(honoApp("v1"));
  await reload(server);
  const { status, text } = await exchange(socket, { path: "/health" });
  expect([status, JSON.parse(text)]).toMatchObject([200, { status: "ok", generation: 0 }]);
  expect(JSON.parse((await ask(server.endpoint, "/health")).text).generation).toBe(1);
});

test.concurrent("the next version takes over from both: the older one drains", async () => {
  await using server = await baking();
  await server.writeApp(honoApp("v2"));
  await reload(server);
  const workers = await server.untilWorkers((found) => found.every((it) => it.generation > 0));
  expect(workers.map(({ generation }) => generation)).toEqual([1, 1, 2, 2]);
  await rollBack(server);
  expect(await versionsServed(server)).toEqual(["v1"]);
});

test.concurrent(
  "a worker that crashes in standby is not missed; the last one ends the bake",
  async () => {
    await using server = await baking();
    const old = server.workers().filter(({ generation }) => generation === 0);
    for (const [index, { pid }] of old.entries()) {
      process.kill(pid, "SIGKILL");
      await server.waitForLog("exited unexpectedly", { count: index + 1 });
    }
    await server.waitForLog(/"generation":1,"outcome":"completed"/);
    expect(server.workers().map(({ generation }) => generation)).toEqual([1, 1]);
    const { code, stderr } = await pounce(server, "rollback");
    expect([code, stderr]).toMatchObject([
      1,
      expect.stringContaining("no generation is in standby"),
    ]);
  },
);

test.concurrent("a slot that was lost in standby is filled again after a rollback", async () => {
  await using server = await baking();
  const first = server.workers().find(({ generation }) => generation === 0);
  process.kill(first?.pid ?? 0, "SIGKILL");
  await server.waitForLog("exited unexpectedly");
  await server.writeApp(honoApp("v0"));
  await rollBack(server);
  await server.untilWorkers(
    (found) => found.length === 2 && found.every(({ generation }) => generation === 0),
  );
  expect(await versionsServed(server)).toEqual(["v0"]);
});

test.concurrent(
  "who waits for a reload that is rolled back hears what its drain has cost",
  async () => {
    await using server = await startControlled({ config: { ...CONFIG, reload_timeout: 1 } });
    await server.writeApp(honoApp("v1"));
    const waiting = pounce(server, "reload", "--wait", "--json");
    await server.waitForLog("stays in standby");
    const { reply } = await hold(server);
    await rollBack(server);
    const { status } = await reply;
    const { code, stdout } = await waiting;
    const receipt: Receipt = JSON.parse(stdout);
    expect([status, code, receipt]).toMatchObject([
      503,
      1,
      { outcome: "rolled-back", reason: "a rollback command asked for it", workers: 0 },
    ]);
    expect(receipt.requests).toMatchObject({ forced: 1, forced_requests: [{ method: "GET" }] });
    // Until the deadline of the request, and the end of the process.
    expect(receipt.drain_ms).toBeWithin(1000, 3000);
  },
);

test.concurrent("a stop ends both versions", async () => {
  await using server = await baking();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.workers()).toEqual([]);
});

test.concurrent(
  "when the bake is over, the old version drains, and the reload has ended",
  async () => {
    const config = tomlOf({ rollout: { bake: 2 } });
    await using server = await startControlled({ config });
    await server.writeApp(honoApp("v1"));
    const { code } = await pounce(server, "reload", "--wait");
    expect(code).toBe(0);
    expect(await versionsServed(server)).toEqual(["v1"]);
    expect(server.workers().map(({ generation }) => generation)).toEqual([1, 1]);
  },
);
