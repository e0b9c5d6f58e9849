// The control socket and the commands that use it: a deploy script gets a yes or no.
import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask, hold, RawSocket, versionsServed } from "../helpers/requests.ts";
import {
  pounce,
  runPounce,
  startControlled,
  startPounce,
  stopAllServers,
  untilControlled,
} from "../helpers/server.ts";

afterAll(stopAllServers);

const socketsIn = (dir: string): string[] =>
  readdirSync(dir).filter((name) => name.endsWith(".sock"));

const start = (config: Record<string, unknown> = {}) => startControlled({ config });

describe.concurrent("the control socket", () => {
  test("is its owner's alone, and gone after a stop", async () => {
    await using server = await start();
    const [name = ""] = socketsIn(server.dir);
    expect(statSync(join(server.dir, name)).mode & 0o777).toBe(0o600);
    expect((await pounce(server, "stop")).code).toBe(0);
    expect(await server.exited).toMatchObject({ code: 0 });
    expect(socketsIn(server.dir)).toEqual([]);
  }, 60_000);

  test("that is stale is replaced", async () => {
    await using first = await start();
    first.signal("SIGKILL");
    await first.exited;
    expect(socketsIn(first.dir)).toHaveLength(1);
    await using second = await startPounce({
      argv: ["-c", join(first.dir, "pounce.toml")],
      env: { RUNTIME_DIRECTORY: first.dir },
    });
    await untilControlled(first);
    const { stdout } = await pounce(first, "status", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ pid: second.pid });
  }, 60_000);

  test("that cannot be made is a warning, and the server serves", async () => {
    await using server = await startPounce({ config: { control_socket: "/proc/nowhere.sock" } });
    await server.waitForLog("No control socket");
    expect(await versionsServed(server)).toEqual(["v0"]);
  }, 60_000);
});

describe.concurrent("pounce reload", () => {
  test("--wait says yes with the receipt, when the old generation has gone", async () => {
    await using server = await start();
    await server.writeApp(honoApp("v1"));
    const { code, stdout } = await pounce(server, "reload", "--wait", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      generation: 1,
      outcome: "completed",
      workers: 2,
      judged: true,
      requests: { forced: 0 },
      connections: { idle_closed: 0, forced: 0 },
    });
    expect(await versionsServed(server)).toEqual(["v1"]);
    expect((await server.untilWorkers((found) => found.length === 2)).length).toBe(2);
  }, 60_000);

  test("says no with the reason, and the old version keeps serving", async () => {
    await using server = await start();
    await server.writeApp("throw new Error('no database');");
    const { code, stderr } = await pounce(server, "reload");
    expect(code).toBe(1);
    expect(stderr).toContain("no database");
    expect(await versionsServed(server)).toEqual(["v0"]);
  }, 60_000);

  test("--until steered returns while the old generation drains", async () => {
    await using server = await start();
    const { reply, release } = await hold(server);
    await server.writeApp(honoApp("v1"));
    const { code } = await pounce(server, "reload", "--until", "steered");
    expect(code).toBe(0);
    expect(await versionsServed(server)).toEqual(["v1"]);
    release();
    expect(await reply).toMatchObject({ status: 200 });
  }, 60_000);

  test("by two at once: each waits for the reload that carries its request", async () => {
    await using server = await start();
    await server.writeApp(honoApp("v1"));
    const first = pounce(server, "reload", "--wait", "--json");
    await server.waitForLog("triggering graceful reload");
    await server.writeApp(honoApp("v2"));
    const second = await pounce(server, "reload", "--wait", "--json");
    const generations = [await first, second].map(({ stdout }) => JSON.parse(stdout).generation);
    expect(generations).toEqual([1, 2]);
    expect(await versionsServed(server)).toEqual(["v2"]);
  }, 60_000);

  test("during a stop says no at once", async () => {
    await using server = await start();
    const { reply, release } = await hold(server);
    server.signal("SIGTERM");
    await server.waitForLog("stopping gracefully");
    const { code, stderr } = await pounce(server, "reload", "--wait");
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toContain("stopping");
    release();
    expect(await reply).toMatchObject({ status: 200 });
  }, 60_000);

  test("names what was forced in the receipt", async () => {
    await using server = await start({ reload_timeout: 2 });
    const { reply } = await hold(server, 10_000);
    const { code, stdout } = await pounce(server, "reload", "--wait", "--json");
    expect(code).toBe(0);
    const receipt = JSON.parse(stdout);
    expect(receipt.requests.forced).toBe(1);
    expect(receipt.requests.forced_requests[0]).toMatchObject({ method: "GET", path: "/hold" });
    expect(await reply).toMatchObject({ status: 503 });
  }, 60_000);

  test("says that a connection was forced, as the log does, though no request was", async () => {
    await using server = await startControlled({ app: TUNNEL, config: { reload_timeout: 1.5 } });
    using socket = await RawSocket.connect("127.0.0.1", server.port);
    socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\n");
    await server.waitForLog("taken");
    const { stdout } = await pounce(server, "reload", "--wait");
    expect(stdout).toContain(", 0 request(s) and 1 connection(s) ended by force");
    expect(server.logs.matching("forcing shutdown (1 connection(s), 0 in flight)")).toHaveLength(1);
  }, 60_000);
});

/** What is spoken on its connections is not known to pounce. */
const TUNNEL = `import http from "node:http";
http.createServer().on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n");
  console.log("taken");
}).listen(3000);`;

test("pounce scale changes the workers under load, until the next reload", async () => {
  await using server = await start({ workers: 2 });
  const load = startLoad({
    port: server.port,
    modes: ["connect", "keep-alive"],
    clients: 16,
    gapMs: 20,
  });
  for (const wanted of [4, 1]) {
    expect((await pounce(server, "scale", String(wanted))).code).toBe(0);
    await server.untilWorkers((found) => found.length === wanted);
    await load.untilMore(20);
  }
  expect((await pounce(server, "scale", "0")).code).toBe(2);
  expect((await pounce(server, "scale", "many")).code).toBe(2);
  expect((await pounce(server, "reload", "--wait", "--json")).code).toBe(0);
  await server.untilWorkers((found) => found.length === 2);
  expectNoLoss(await load.stop());
}, 90_000);

test("pounce status shows every worker, and what is in flight", async () => {
  await using server = await start();
  const { reply, release } = await hold(server);
  const { stdout } = await pounce(server, "status");
  expect(stdout).toMatch(/^pounce \S+, pid \d+, serving \.\/app\.ts on http:\/\/127\.0\.0\.1:\d+/);
  expect(stdout).toMatch(/^generation +worker +slot +phase +pid +age +requests/m);
  expect(stdout.match(/^0 serving .* ready /gm)).toHaveLength(2);
  const snapshot = JSON.parse((await pounce(server, "status", "--json")).stdout);
  const reports = snapshot.generations[0].workers.map(
    (worker: { report: unknown }) => worker.report,
  );
  const inFlight = reports.map((report: { in_flight: number }) => report.in_flight);
  expect(inFlight.toSorted()).toEqual([0, 1]);
  release();
  expect(await reply).toMatchObject({ status: 200 });
}, 60_000);

test("pounce drain has health answer 503 for a time, while all is served", async () => {
  await using server = await start({ health_check_path: "/health" });
  const draining = pounce(server, "drain", "--for", "1.5s");
  let status = 200;
  while (status === 200) status = (await ask(server, "/health")).status;
  expect(status).toBe(503);
  expect(await ask(server, "/")).toMatchObject({ status: 200 });
  expect((await draining).code).toBe(0);
  expect(await ask(server, "/health")).toMatchObject({ status: 200 });
}, 60_000);

test("pounce drain says so where no health check can tell of it", async () => {
  await using server = await start({});
  const { code, stdout } = await pounce(server, "drain", "--for", "10ms");
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: "Waited 10ms, but no health check got 503: health_check_path is not set\n",
  });
}, 60_000);

for (const argv of [["status"], ["reload"], ["scale", "2"], ["stop"], ["drain"]]) {
  test(`pounce ${argv[0]} without a server says so, with exit code 4`, async () => {
    const env = { RUNTIME_DIRECTORY: "/nowhere" };
    const run = await runPounce({ argv: [...argv, "--port", "1"], env });
    expect(run.code).toBe(4);
    expect(run.stderr).toContain("No running server was found at /nowhere/");
  }, 60_000);
}
