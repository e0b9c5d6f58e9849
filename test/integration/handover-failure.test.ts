// A handover that does not come about leaves the server as it was: whatever is wrong with the new
// binary, the configuration or the app, the old one serves on and loses nothing.
import { afterAll, describe, expect, test } from "bun:test";
import { chmod, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import {
  handOver,
  handOverThatFails,
  replaceByScript,
  replaceByText,
  upgradeBinary,
} from "../helpers/handover.ts";
import { listenersOn } from "../helpers/listeners.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { childrenOf, isRunning, untilGone } from "../helpers/processes.ts";
import { statOf } from "../../src/os/process-stat.ts";
import { ask, hold, versionsServed } from "../helpers/requests.ts";
import {
  ownBinary,
  pounce,
  type PounceOptions,
  type ServerProcess,
  startPounce,
  stopAllServers,
  tomlOf,
  untilControlled,
} from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

afterAll(stopAllServers);

const FAILED = "[ERROR] Handover failed — continuing with this binary";

const start = (options: PounceOptions = {}): Promise<ServerProcess> =>
  startPounce({ copyBinary: true, ...options });

const END_FIRST_THREAD = fileURLToPath(new URL("../helpers/end-first-thread.ts", import.meta.url));
const OTHER_BUILD = fileURLToPath(new URL("../helpers/other-build.ts", import.meta.url));

/** As an expression in a module: the slot of the worker, as text. */
const OWN_SLOT = '(await Bun.file("/proc/self/cmdline").text()).split("\\0").at(-2)';

interface Mishap {
  readonly prepare: (server: ServerProcess) => Promise<unknown>;
  /** What the log says of it. */
  readonly says: RegExp;
  readonly config?: Record<string, unknown>;
}

const MISHAPS: Readonly<Record<string, Mishap>> = {
  "a file that is missing": {
    prepare: (server) => rm(ownBinary(server)),
    says: /\[ERROR\] Cannot start \/.*\/pounce: .*(ENOENT|no such file)/i,
  },
  "a file that is not executable": {
    prepare: async (server) => {
      await upgradeBinary(server);
      await chmod(ownBinary(server), 0o644);
    },
    says: /\[ERROR\] Cannot start \/.*\/pounce: .*(EACCES|permission denied)/i,
  },
  "a file that is no program": {
    prepare: (server) => replaceByText(server, "no program"),
    says: /\[ERROR\] Cannot start \/.*\/pounce: ENOEXEC: .*, it is not an executable for this system$/m,
  },
  "a binary that exits at once": {
    prepare: (server) => replaceByScript(server, "echo 'wrong machine' >&2; exit 1"),
    says: /\[ERROR\] The new master \(process \d+\) exited: exit code 1/,
  },
  "a binary that hangs": {
    prepare: (server) => replaceByScript(server, "sleep 60"),
    says: /\[ERROR\] The new master \(process \d+\) did not contact this one within 5s/,
    config: { startup_timeout: 5 },
  },
  "a binary that hangs and ignores TERM": {
    prepare: (server) => replaceByScript(server, "trap '' TERM; sleep 60 & sleep 60; sleep 60"),
    says: /\[ERROR\] The new master \(process \d+\) did not contact this one within 5s/,
    config: { startup_timeout: 5 },
  },
  "a build that speaks another handover protocol": {
    prepare: (server) => replaceByScript(server, `exec ${process.execPath} ${OTHER_BUILD}`),
    says: /\[ERROR\] The new master \(process \d+\) speaks handover protocol 99, this master speaks 1: restart/,
  },
  "a configuration that is not valid": {
    prepare: (server) => server.write("pounce.toml", "workers = 'many'"),
    says: /\[ERROR\] .*workers.*many/,
  },
  "an app that throws at import": {
    prepare: (server) => server.writeApp(fixture("broken/throws-at-import")),
    says: /Error: DATABASE_URL is not set[\s\S]*\/app\.ts:3:13/,
  },
  "an app that hangs at import": {
    prepare: (server) => server.writeApp(fixture("broken/loops-at-import")),
    says: /was still importing \.\/app\.ts or running its startup hook after 5s/,
    config: { startup_timeout: 5 },
  },
};

describe("the old binary keeps serving, without a loss, after", () => {
  for (const [what, { prepare, says, config = {} }] of Object.entries(MISHAPS)) {
    const claim = async (): Promise<void> => {
      await using server = await start({ config });
      const workers = server.workers();
      const load = startLoad({
        port: server.port,
        modes: ["connect", "keep-alive"],
        clients: 16,
        gapMs: 20,
      });
      await load.untilMore(50);
      await prepare(server);
      const lines = await handOverThatFails(server);
      expect(lines.join("\n")).toMatch(says);
      expect(lines.at(-1)).toBe(FAILED);
      await load.untilMore(50);
      expectNoLoss(await load.stop());
      expect(server.workers()).toEqual(workers);
      expect(await versionsServed(server)).toEqual(["v0"]);
      await expectWholeAgain(server);
    };
    test.concurrent(what, claim, 90_000);
  }
});

/** It replaces a worker that crashes, reloads, and hands over when all is well again. */
async function expectWholeAgain(server: ServerProcess): Promise<void> {
  const [victim] = server.workers();
  // Its files have to be what they were.
  await server.writeApp(honoApp("v0"));
  process.kill(victim?.pid ?? NaN, "SIGKILL");
  await server.untilWorkers(
    (found) => found.length === 2 && !found.some(({ id }) => id === victim?.id),
  );
  await server.write("pounce.toml", 'app = "./app.ts"\nport = 0\nworkers = 2\n');
  await server.writeApp(honoApp("v1"));
  await upgradeBinary(server);
  const { generation } = await server.reload();
  expect(await versionsServed(server)).toEqual(["v1"]);
  const ids = server.workers().map(({ id }) => id);
  const { after } = await handOver(server);
  await server.waitForLog(`worker(s) on generation ${generation + 1}`, { after });
  const next = server.workers().filter((worker) => worker.generation === generation + 1);
  // Numbers are never used twice, those of a master that failed neither.
  expect(Math.min(...next.map(({ id }) => id))).toBeGreaterThan(Math.max(...ids));
  await untilGone([server.pid], 5_000);
}

test("a new master that is killed when its workers listen already leaves nothing behind", async () => {
  await using server = await start({ app: slowToBind("v0", 0), config: { workers: 4 } });
  await server.writeApp(slowToBind("v1", 3) + slowToEnd(0));
  const load = startLoad({ port: server.port, modes: ["connect"], clients: 16 });
  await load.untilMore(50);
  const after = server.logs.mark();
  server.signal("SIGUSR2");
  // Three of the four new workers are ready, and listen; the last one takes its time.
  await until("three of the new workers listen", () => listenersOn(server.port) === 7);
  const itsWorkers = server.workers().filter(({ generation }) => generation === 1);
  const workers = new Set(server.workers().map(({ pid }) => pid));
  const successor = childrenOf(server.pid).find((pid) => !workers.has(pid));
  // What counts is when the last thread has ended, as that one closes the listener.
  const slow = itsWorkers.find(({ slot }) => slot === 0)?.pid ?? NaN;
  process.kill(slow, "SIGWINCH");
  await until("its first thread has ended", () => statOf(slow)?.state === "Z");
  process.kill(successor ?? NaN, "SIGKILL");
  await server.waitForLog(FAILED.slice(8), { after });
  expect(listenersOn(server.port)).toBe(4);
  expect(itsWorkers.filter(({ pid }) => isRunning(pid))).toEqual([]);
  await load.untilMore(100);
  const result = await load.stop();
  expectNoLoss(result);
  // Nobody was sent to the new master, which never had the server.
  expect(result.versions).toEqual(["v0"]);
  expect(await versionsServed(server)).toEqual(["v0"]);
  await server.writeApp(honoApp("v2"));
  await server.reload();
  expect(await versionsServed(server)).toEqual(["v2"]);
}, 90_000);

test("without steering, a new master that fails when some of its workers serve loses nothing", async () => {
  await using server = await start({ app: failsInSlot("v0"), forbidSteering: true });
  await server.writeApp(failsInSlot("v1", 1));
  const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 16 });
  await load.untilMore(50);
  const lines = await handOverThatFails(server);
  expect(lines.join("\n")).toContain("no luck in slot 1");
  await load.untilMore(50);
  const result = await load.stop();
  expectNoLoss(result);
  // All accept from one socket, and the new one was never told to.
  expect(result.versions).toEqual(["v0"]);
}, 90_000);

test("when the only worker crashes, the handover is given up, and the server is back at once", async () => {
  await using server = await start({ app: slowToBind("v0", 0, 0), config: { workers: 1 } });
  const [only] = server.workers();
  await server.write("pounce.toml", tomlOf({ workers: 3 }));
  await server.writeApp(slowToBind("v1", 2));
  await upgradeBinary(server);
  const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 16 });
  await load.untilMore(50);
  const after = server.logs.mark();
  server.signal("SIGUSR2");
  // Two of the new workers are ready, and listen; the third takes far longer than this test.
  await server.waitForLog("started 2", { after });
  const itsWorkers = server.workers().filter(({ generation }) => generation === 1);
  const crashedMs = performance.now();
  await server.writeApp(honoApp("v0"));
  process.kill(only?.pid ?? NaN, "SIGKILL");
  await server.waitForLog(FAILED.slice(8), { after });
  expect(itsWorkers.filter(({ pid }) => isRunning(pid))).toEqual([]);
  // The files have changed, so what is on disk is loaded as a generation of its own.
  await server.untilWorkers((found) => found.length === 3 && found[0]?.generation === 2);
  await load.untilMore(50);
  expect(performance.now() - crashedMs).toBeLessThan(10_000);
  // The crash costs what any crash does; nobody was sent to a master that has not got the server.
  expect((await load.stop()).versions).toEqual(["v0"]);
  const next = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 16 });
  await next.untilMore(100);
  expectNoLoss(await next.stop());
  expect(server.logs.messages(after)).toContain(
    "[ERROR] Handover abandoned: no worker is left to serve requests",
  );
  await server.write("pounce.toml", tomlOf({ workers: 2 }));
  await server.writeApp(honoApp("v2"));
  const { after: later } = await handOver(server);
  await server.waitForLog("worker(s) on generation 3", { after: later });
  expect(await versionsServed(server)).toEqual(["v2"]);
}, 90_000);

describe.concurrent("a handover is refused, with the reason,", () => {
  test("under supervisord", async () => {
    await using server = await start({ env: { SUPERVISOR_ENABLED: "1" } });
    const after = server.logs.mark();
    server.signal("SIGUSR2");
    const line = await server.waitForLog("SIGUSR2", { after });
    expect(line).toMatch(/^\[WARN\] Received SIGUSR2 — refused: supervisord would start a second/);
    expect(await versionsServed(server)).toEqual(["v0"]);
  }, 60_000);

  test("during a drain command", async () => {
    await using server = await start({ config: { health_check_path: "/health" } });
    await untilControlled(server);
    const drain = pounce(server, "drain", "--for", "2s");
    while ((await ask(server, "/health")).status === 200) await Bun.sleep(10);
    const after = server.logs.mark();
    server.signal("SIGUSR2");
    await server.waitForLog("Received SIGUSR2 — refused: a drain command is in progress", {
      after,
    });
    expect(await drain).toMatchObject({ code: 0 });
    expect((await ask(server, "/health")).status).toBe(200);
  }, 60_000);
});

describe.concurrent("during a handover", () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
    const claim = async (): Promise<void> => {
      await using server = await start({ app: slowToBind("v0", 0) });
      const { reply } = await hold(server, 1_500);
      await server.writeApp(slowToBind("v1", 0, 20_000));
      const after = server.logs.mark();
      server.signal("SIGUSR2");
      await server.waitForLog("handing over", { after });
      await server.untilWorkers((found) => found.some(({ generation }) => generation === 1));
      server.signal(signal);
      if (signal !== "SIGQUIT") expect((await reply).status).toBe(200);
      expect(await server.exited).toEqual({ code: 0, signal: null });
      await server.untilNothingIsLeft(2_000);
      expect(server.logs.matching("Handover failed", after)).toEqual([]);
    };
    test(`${signal} stops the old master and ends the new one`, claim, 60_000);
  }

  test("a drain command goes on with the new master", async () => {
    const config = { health_check_path: "/health" };
    await using server = await start({ app: slowToBind("v0", 0), config });
    await untilControlled(server);
    await server.writeApp(slowToBind("v1", 0, 1_000));
    const after = server.logs.mark();
    server.signal("SIGUSR2");
    await server.waitForLog("handing over", { after });
    const drain = pounce(server, "drain", "--for", "3s");
    while ((await ask(server, "/health")).status === 200) await Bun.sleep(10);
    await server.waitForLog("Took over", { after });
    while ((await ask(server, "/health")).status === 200) await Bun.sleep(10);
    expect(await versionsServed(server)).toEqual(["v1"]);
    expect(await drain).toMatchObject({ code: 0, stderr: "" });
    expect((await ask(server, "/health")).status).toBe(200);
  }, 60_000);

  test("another USR2 is ignored, and a scaling refused, with a line", async () => {
    await using server = await start({ app: slowToBind("v0", 0) });
    await server.writeApp(slowToBind("v1", 0, 1_000));
    const after = server.logs.mark();
    server.signal("SIGUSR2");
    await server.waitForLog("handing over", { after });
    server.signal("SIGUSR2");
    await server.waitForLog("Received SIGUSR2 — ignored: a handover is in progress", { after });
    server.signal("SIGTTIN");
    await server.waitForLog("Received SIGTTIN — refused: the server is being handed over", {
      after,
    });
    await server.waitForLog("Running 2 worker(s) on generation 1", { after });
    await untilGone([server.pid], 5_000);
    expect(server.logs.matching("handing over", after)).toHaveLength(1);
  }, 60_000);
});

/**
 * The app of most tests; the worker of one slot throws after it has given the others time to serve.
 */
function failsInSlot(version: string, slot = -1): string {
  return `${honoApp(version)}
    export const startup = async () => {
      const own = ${OWN_SLOT};
      if (own !== "${slot}") return;
      await Bun.sleep(500);
      throw new Error("no luck in slot " + own);
    };
  `;
}

/**
 * The app of most tests; the worker of one slot takes `ms` to start, and each says so in the log.
 */
function slowToBind(version: string, slot: number, ms = version === "v0" ? 0 : 20_000): string {
  return `${honoApp(version)}
    export const startup = async () => {
      const slot = ${OWN_SLOT};
      console.log("started " + slot);
      if (slot === "${slot}") await Bun.sleep(${ms});
    };
  `;
}

/**
 * More of an app: the worker of one slot ends its first thread at WINCH. When it is killed then,
 * another one gives back the memory first, and closes what is open, the listener too, after that.
 */
function slowToEnd(slot: number): string {
  return `
    import { endFirstThread } from ${JSON.stringify(END_FIRST_THREAD)};
    if (${OWN_SLOT} === "${slot}") {
      Object.assign(globalThis, { memory: Buffer.alloc(500_000_000, 1) });
      process.on("SIGWINCH", endFirstThread);
    }
  `;
}
