// USR2 hands the server over to the binary on disk and loses nothing: for each kind of client, with
// and without steering, twice in a row, and with everything that a server has beside its listeners.
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { handOver, runsFileOnDisk, upgradeBinary } from "../helpers/handover.ts";
import { expectNoLoss, type Mode, startLoad } from "../helpers/load.ts";
import { childrenOf, commandLine, isRunning, untilGone } from "../helpers/processes.ts";
import { NotifyReceiver } from "../helpers/notify-receiver.ts";
import { ask, hold, versionsServed } from "../helpers/requests.ts";
import {
  copyExecutable,
  pounce,
  pounceBinary,
  type PounceOptions,
  type ServerProcess,
  startPounce,
  stopAllServers,
  tomlOf,
} from "../helpers/server.ts";
import { freePort } from "../helpers/ports.ts";

afterAll(stopAllServers);

const start = (options: PounceOptions = {}): Promise<ServerProcess> =>
  startPounce({ copyBinary: true, ...options });

/** Two upgrades under load, each with a new version of the app. Returns the last master. */
async function upgradesLoseNothing(
  server: ServerProcess,
  mode: Mode,
  clients: number,
  replies: number,
  gapMs = 0,
): Promise<number> {
  const { port } = server;
  const load = startLoad({ port, modes: [mode], clients, gapMs, keepAliveMs: 2000 });
  let master = server.pid;
  for (const version of ["v1", "v2"]) {
    await load.untilMore(replies);
    await upgradeBinary(server);
    await server.writeApp(honoApp(version));
    const { pid, after } = await handOver(server, master);
    await server.waitForLog("Graceful reload complete", { after, timeoutMs: 40_000 });
    await untilGone([master], 5_000);
    expect(runsFileOnDisk(server, pid)).toBe(true);
    master = pid;
  }
  await load.untilMore(replies);
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(["v0", "v1", "v2"]);
  expect(await versionsServed(server)).toEqual(["v2"]);
  const workers = await server.untilWorkers((found) => found.length === 2);
  expect(workers.map(({ generation, id }) => [generation, id])).toEqual([
    [2, 4],
    [2, 5],
  ]);
  return master;
}

/** Where the links lead by which commands find sockets that are elsewhere. */
function linksIn(dir: string): string[] {
  const found = readdirSync(dir, { withFileTypes: true });
  const links = found.filter((it) => it.isSymbolicLink() && it.name.endsWith(".sock"));
  return links.map(({ name }) => readlinkSync(join(dir, name)));
}

type Case = [mode: Mode, clients: number, replies: number];

/** These keep the machine busy: one at a time. */
const BUSY: Case[] = [
  ["connect", 64, 300],
  ["keep-alive", 64, 1000],
  ["post", 64, 200],
];

/** A connection for each request takes all that the machine has; once is enough. */
const GAPS_MS: Partial<Record<Mode, number>> = { "keep-alive": 50 };

/** These mostly wait: all at the same time, each against a server of its own. */
const WAITING: Case[] = [
  ["silent", 64, 64],
  ["think-time", 64, 200],
  ["slow-upload", 32, 16],
  ["slow-handler", 64, 32],
  ["sse", 64, 32],
  ["websocket", 64, 200],
];

describe("two handovers under load lose nothing for clients that", () => {
  for (const [mode, clients, replies] of [...BUSY, ...WAITING]) {
    const claim = async (): Promise<void> => {
      await using server = await start();
      const master = await upgradesLoseNothing(server, mode, clients, replies, GAPS_MS[mode]);
      process.kill(master, "SIGTERM");
      await server.untilNothingIsLeft(10_000);
      expect(await server.exited).toEqual({ code: 0, signal: null });
    };
    const isBusy = BUSY.some(([busy]) => busy === mode);
    (isBusy ? test : test.concurrent)(mode, claim, 90_000);
  }
});

describe("without steering, two handovers under load lose nothing for clients that", () => {
  for (const mode of ["connect", "keep-alive", "silent"] as const) {
    const claim = async (): Promise<void> => {
      await using server = await start({ forbidSteering: true });
      await upgradesLoseNothing(server, mode, 32, 50, 20);
      expect(server.logs.matching("refuses steering")).toHaveLength(1);
    };
    test(mode, claim, 90_000);
  }
});

test("a handover says what it does, in this order", async () => {
  await using server = await start();
  await upgradeBinary(server);
  const { pid, after } = await handOver(server);
  await server.waitForLog(/Receipt .*"generation":1,"outcome":"completed"/, { after });
  await untilGone([server.pid], 5_000);
  const lines = server.logs.messages(after);
  const order = [
    "[INFO] Received SIGUSR2 — handing over to the binary on disk",
    "[INFO] Successfully reimported app from ./app.ts",
    "[INFO] Spawning 2 new worker(s) (generation 1)...",
    `[INFO] Handed over to process ${pid}. This process exits when its workers have drained`,
    "[INFO] New workers spawned. Draining old workers (generation 0)...",
    "[INFO] Graceful reload complete. Running 2 worker(s) on generation 1",
  ].map((line) => lines.indexOf(line));
  expect(order).not.toContain(-1);
  // Two processes write: of the grant, either's line may come first.
  expect(order.filter((_, index) => index !== 3)).toEqual(
    order.filter((_, index) => index !== 3).toSorted((a, b) => a - b),
  );
  expect(lines).toContain(
    `[INFO] Took over from process ${server.pid}. Serving http://127.0.0.1:${server.port}`,
  );
  expect(lines.filter((line) => line.endsWith("is idle"))).toHaveLength(2);
  expect(lines.filter((line) => /WARN|ERROR/.test(line))).toEqual([]);
}, 60_000);

test("pid file, control socket, name and children follow the server", async () => {
  await using server = await start({
    config: { pid_file: "pounce.pid", control_socket: "c.sock" },
  });
  const pidFile = join(server.dir, "pounce.pid");
  const socket = join(server.dir, "c.sock");
  expect(readFileSync(pidFile, "utf8")).toBe(`${server.pid}\n`);
  await upgradeBinary(server);
  const { pid, after } = await handOver(server);
  await server.waitForLog("Graceful reload complete", { after });
  await untilGone([server.pid], 5_000);
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(readFileSync(pidFile, "utf8")).toBe(`${pid}\n`);
  expect(commandLine(pid)).toStartWith("pounce master ");
  expect(childrenOf(pid)).toEqual(server.workers().map((worker) => worker.pid));
  expect(existsSync(socket)).toBe(true);
  expect(linksIn(server.dir)).toEqual([socket]);
  const status = JSON.parse((await pounce(server, "status", "--json")).stdout);
  expect(status).toMatchObject({ pid, state: "serving", generations: [{ generation: 1 }] });
  expect(status.reloads).toMatchObject([{ generation: 1, outcome: "completed" }]);
  const reload = await pounce(server, "reload", "--wait", "--json");
  expect(JSON.parse(reload.stdout)).toMatchObject({ generation: 2, outcome: "completed" });
  expect(await pounce(server, "stop")).toMatchObject({ code: 0 });
  await server.untilNothingIsLeft(5_000);
  expect([existsSync(pidFile), existsSync(socket)]).toEqual([false, false]);
  expect(linksIn(server.dir)).toEqual([]);
}, 90_000);

test("while the old workers drain, the new master shows them, and forces them at the deadline", async () => {
  await using server = await start({ config: { reload_timeout: 2 } });
  const { reply } = await hold(server, 30_000);
  await upgradeBinary(server);
  const { pid, after } = await handOver(server);
  const status = JSON.parse((await pounce(server, "status", "--json")).stdout);
  expect(status.pid).toBe(pid);
  expect(status.generations).toMatchObject([
    { generation: 0, role: "draining", workers: [{ worker: 0 }, { worker: 1 }] },
    { generation: 1, role: "serving" },
  ]);
  const reports = status.generations[0].workers.map((worker: { report: unknown }) => worker.report);
  expect(reports).toContainEqual(expect.objectContaining({ in_flight: 1 }));
  expect((await reply).status).toBe(503);
  await server.waitForLog(/did not become idle after 2s — forcing shutdown .*GET \/hold/, {
    after,
  });
  await server.waitForLog(/Receipt .*"forced":1,"forced_requests":\[\{"worker":\d/, { after });
  await untilGone([server.pid], 5_000);
}, 90_000);

test("a HUP during a handover is followed by a reload, and a USR2 during a reload by a handover", async () => {
  await using server = await start();
  await upgradeBinary(server);
  let after = server.logs.mark();
  server.signal("SIGUSR2");
  await server.waitForLog("handing over", { after });
  server.hup();
  await server.waitForLog("Running 2 worker(s) on generation 2", { after });
  await untilGone([server.pid], 5_000);
  const master = Number(/to process (\d+)/.exec(server.logs.matching("Handed over")[0] ?? "")?.[1]);
  await upgradeBinary(server);
  after = server.logs.mark();
  process.kill(master, "SIGHUP");
  await server.waitForLog("triggering graceful reload", { after });
  process.kill(master, "SIGUSR2");
  await server.waitForLog("the handover will follow when the current operation has finished", {
    after,
  });
  await server.waitForLog("Handed over to process", { after });
  await server.waitForLog("Running 2 worker(s) on generation 4", { after });
  await untilGone([master], 5_000);
}, 60_000);

test("a reload command during a handover is answered by the new master, when it has reloaded", async () => {
  await using server = await start();
  await server.writeApp(slowStart("v1"));
  const after = server.logs.mark();
  server.signal("SIGUSR2");
  await server.waitForLog("handing over", { after });
  const reload = pounce(server, "reload", "--wait", "--json");
  await server.waitForLog("a reload will follow", { after });
  const { code, stdout } = await reload;
  // The file stays as it is: while the successor loads it, a change would end the handover.
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { outcome: "completed" }]);
  expect(await versionsServed(server)).toEqual(["v1"]);
  await untilGone([server.pid], 5_000);
}, 90_000);

test("a handover takes the configuration as it is then, its address too", async () => {
  await using server = await start({ config: { port: 0, workers: 2 } });
  const port = freePort();
  await server.write("pounce.toml", tomlOf({ port, workers: 3 }));
  const { after } = await handOver(server);
  await server.waitForLog(`Listening on http://127.0.0.1:${port}`, { after });
  await server.waitForLog("Running 3 worker(s) on generation 1", { after });
  expect(await versionsServed({ endpoint: { host: "127.0.0.1", port } })).toEqual(["v0"]);
  await untilGone([server.pid], 5_000);
}, 60_000);

test("a worker that crashes during a handover is no loss to it", async () => {
  await using server = await start({ app: slowStart("v0") });
  await server.writeApp(slowStart("v1"));
  const after = server.logs.mark();
  server.signal("SIGUSR2");
  await server.waitForLog("handing over", { after });
  const [victim] = server.workers();
  process.kill(victim?.pid ?? NaN, "SIGKILL");
  await server.waitForLog("exited unexpectedly", { after });
  // The line comes a moment before connections are steered away; an answer comes after both.
  await pounce(server, "status");
  const load = startLoad({ port: server.port, modes: ["connect"], clients: 8 });
  await server.waitForLog("Running 2 worker(s) on generation 1", { after });
  await load.untilMore(50);
  expectNoLoss(await load.stop());
  expect(await versionsServed(server)).toEqual(["v1"]);
  expect(server.logs.matching("Spawning 2 new worker(s)", after)).toHaveLength(1);
  await untilGone([server.pid], 5_000);
}, 60_000);

test("when the old master is killed while its workers drain, they finish and the new one keeps serving", async () => {
  // One crash would spend the budget: none is counted.
  await using server = await start({ config: { respawn: { max_crashes: 1 } } });
  const { reply } = await hold(server, 3_000);
  const { pid, after } = await handOver(server);
  const load = startLoad({ port: server.port, modes: ["connect"], clients: 16 });
  server.signal("SIGKILL");
  await server.waitForLog("exited early", { after });
  expect((await reply).text).toContain("by v0");
  await server.waitForLog("Running 2 worker(s) on generation 1", { after });
  await load.untilMore(100);
  expectNoLoss(await load.stop());
  expect(server.logs.matching("has exited, after its master", after)).toHaveLength(2);
  expect(server.logs.matching(/exited unexpectedly|crash budget/, after)).toEqual([]);
  process.kill(pid, "SIGHUP");
  await server.waitForLog("Running 2 worker(s) on generation 2", { after });
  expect(isRunning(pid)).toBe(true);
}, 90_000);

test("when the old master is killed before it has granted, the new one takes what is there", async () => {
  await using server = await start({ app: slowStart("v0"), config: { shutdown_timeout: 5 } });
  await server.writeApp(slowStart("v1"));
  const after = server.logs.mark();
  server.signal("SIGUSR2");
  await server.untilWorkers((found) => found.some(({ generation }) => generation === 1));
  server.signal("SIGKILL");
  await server.waitForLog("exited early", { after });
  await server.waitForLog("Running 2 worker(s) on generation 1", { after });
  expect(await versionsServed(server)).toEqual(["v1"]);
  const load = startLoad({ port: server.port, modes: ["connect"], clients: 8 });
  const master = Number(/Took over from process (\d+)/.exec(server.logs.text())?.[1]);
  expect(master).toBe(server.pid);
  await load.untilMore(50);
  expectNoLoss(await load.stop());
  // The old workers end as orphans do: that is no crash, and nobody takes their places.
  await server.waitForLog("has exited, after its master", { after, count: 2 });
  await server.waitForLog(/Receipt .*"outcome":"completed".*"ready_ms":\d/, { after });
  expect(server.logs.matching(/exited unexpectedly|Replacing|crash budget/, after)).toEqual([]);
  expect(server.workers().map(({ id }) => id)).toEqual([2, 3]);
}, 90_000);

test("an executable that was started through a link is looked up through it again", async () => {
  await using server = await startPounce({
    prepare: async (dir) => {
      await copyExecutable(pounceBinary(), join(dir, "pounce-1"));
      await symlink("pounce-1", join(dir, "pounce"));
    },
    command: (dir) => join(dir, "pounce"),
  });
  await copyExecutable(pounceBinary(), join(server.dir, "pounce-2"));
  await symlink("pounce-2", join(server.dir, "pounce.new"));
  await rename(join(server.dir, "pounce.new"), join(server.dir, "pounce"));
  const { pid, after } = await handOver(server);
  await server.waitForLog("Graceful reload complete", { after });
  expect(readlinkSync(`/proc/${pid}/exe`)).toBe(join(server.dir, "pounce-2"));
  await untilGone([server.pid], 5_000);
}, 60_000);

test("metrics and captured output follow the server", async () => {
  const port = freePort();
  const config = { metrics: { port }, log: { capture: true } };
  await using server = await start({ config });
  for (let count = 0; count < 20; count++) await ask(server, "/");
  await server.reload();
  const { reply } = await hold(server, 1_500);
  const { pid, after } = await handOver(server);
  await ask(server, "/");
  await server.waitForLog("Graceful reload complete", { after });
  expect((await reply).status).toBe(200);
  await untilGone([server.pid], 5_000);
  // Nothing is lost and nothing twice: the last one was answered after the handover, by an old
  // worker.
  await untilCounted(port, 'http_requests_total{method="GET",code="200"} 22');
  await untilCounted(port, "http_request_duration_seconds_count 22");
  await untilCounted(port, 'reloads_total{outcome="completed"} 2');
  expect((await (await hold(server, 1)).reply).status).toBe(200);
  process.kill(pid, "SIGHUP");
  await server.waitForLog("Running 2 worker(s) on generation 3", { after });
  expect(server.logs.matching(/WARN|ERROR/, after)).toEqual([]);
}, 90_000);

/** Workers settle their counts once a second. */
async function untilCounted(port: number, line: string): Promise<void> {
  const untilMs = performance.now() + 5_000;
  for (;;) {
    const { text } = await ask({ port }, "/metrics");
    if (text.includes(`\npounce_${line}\n`)) return;
    if (performance.now() > untilMs) throw new Error(`no ${line} in:\n${text}`);
    await Bun.sleep(50);
  }
}

test("a service manager follows to the new master, and hears from it", async () => {
  const address = `@pounce-test-${crypto.randomUUID()}`;
  using receiver = new NotifyReceiver(address);
  await using server = await start({ env: { NOTIFY_SOCKET: address } });
  await receiver.waitFor("READY=1");
  const first = receiver.messages.length;
  const { pid, after } = await handOver(server);
  await receiver.waitFor(`MAINPID=${pid}`, first);
  const handedOver = receiver.messages.indexOf(`MAINPID=${pid}`);
  await receiver.waitFor("READY=1", handedOver + 1);
  await server.waitForLog("Graceful reload complete", { after });
  await untilGone([server.pid], 5_000);
  process.kill(pid, "SIGTERM");
  await receiver.waitFor("STOPPING=1", handedOver + 1);
  expect(receiver.messages.filter((message) => message.includes("STOPPING"))).toHaveLength(1);
}, 90_000);

test("a USR2 that a worker gets, as from pkill, does nothing to it", async () => {
  await using server = await start();
  const workers = server.workers();
  for (const { pid } of workers) process.kill(pid, "SIGUSR2");
  await server.reload();
  expect(server.logs.matching("exited unexpectedly")).toEqual([]);
}, 60_000);

/** The app of most tests, which takes a second to start from version v1 on. */
function slowStart(version: string): string {
  const wait = version === "v0" ? "" : "await Bun.sleep(1000);";
  return `${honoApp(version)}\nexport const startup = async () => { ${wait} };\n`;
}
