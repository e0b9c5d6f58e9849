// Errors that an app throws outside a request and does not catch, and rejections that nobody
// handles.
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { hold, versionsServed } from "../helpers/requests.ts";
import { runPounce, type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** An app whose workers throw, or reject, when a file with their pid is there. */
const THROWS = `
import { existsSync, unlinkSync } from "node:fs";
setInterval(() => {
  for (const kind of ["throw", "reject"]) {
    const file = kind + "-" + process.pid;
    if (!existsSync(file)) continue;
    unlinkSync(file);
    if (kind === "reject") void Promise.reject(new Error("nobody handles this"));
    else throw new Error("thrown by a timer");
  }
}, 10);
`;
const app = (version: string): string => honoApp(version) + THROWS;

/** As an app that opens a connection at its import and does not wait for it. */
const FAILS_LATER = `
async function connect() { await Bun.sleep(5); throw new Error("cannot reach the database"); }
connect();
`;

async function haveThrow(server: ServerProcess, pid: number, kind = "throw"): Promise<void> {
  await Bun.write(join(server.dir, `${kind}-${pid}`), "");
}

function errors(server: ServerProcess): string[] {
  return server.logs.messages().filter((line) => line.includes("[ERROR]"));
}

test.concurrent(
  "under load a worker whose app threw is replaced, then it drains, and nothing is lost",
  async () => {
    await using server = await startPounce({ app: app("v0") });
    const { port } = server;
    const modes = ["connect", "keep-alive", "slow-handler", "post"] as const;
    const load = startLoad({ port, modes, clients: 24, keepAliveMs: 2_000 });
    await load.untilMore(4);
    const [first] = server.workers();
    await haveThrow(server, first?.pid ?? 0);
    await server.waitForLog("Worker 0 (generation 0) is idle", { timeoutMs: 30_000 });
    await load.untilMore(4);
    const log = server.logs.messages().join("\n");
    const replaced = log.indexOf("Replacing worker 0 (generation 0) — it drains");
    expect(replaced).toBeGreaterThan(log.indexOf("the app threw outside a request"));
    expect(replaced).toBeLessThan(log.indexOf("Worker 0 (generation 0) is idle"));
    const workers = await server.untilWorkers((all) => all.length === 2);
    expect(workers.map(({ id, slot }) => [id, slot])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expectNoLoss(await load.stop());
    expect(errors(server)).toHaveLength(1);
    expect(errors(server)[0]).toContain("Error: thrown by a timer");
  },
  60_000,
);

describe("before it is ready, an app that throws a moment after its import", () => {
  for (const workers of [1, 2]) {
    test.concurrent(
      `fails the start, with ${workers} worker(s)`,
      async () => {
        const { code, lines } = await runPounce({
          app: honoApp("v0") + FAILS_LATER,
          config: { workers },
        });
        expect(code).toBe(1);
        expect(lines.join("\n")).toContain("Error: cannot reach the database");
        expect(lines.join("\n")).toContain("Start failed");
      },
      60_000,
    );
  }

  test.concurrent(
    "fails the reload, and the version before keeps serving",
    async () => {
      await using server = await startPounce({ config: { workers: 1 } });
      await server.writeApp(honoApp("v1") + FAILS_LATER);
      const lines = await server.reloadThatFails();
      expect(lines.join("\n")).toContain("Error: cannot reach the database");
      expect(await versionsServed(server)).toEqual(["v0"]);
      expect(server.workers().map(({ id }) => id)).toEqual([0]);
    },
    60_000,
  );
});

test.concurrent(
  "an error that the app handles itself is the app's: each of its listeners hears of it once",
  async () => {
    const handles = `
      const heard = [];
      for (const name of ["first", "second"]) {
        process.on("uncaughtException", (error) => console.log(name + " heard " + error.message));
        process.on("unhandledRejection", (error) => console.log(name + " heard " + error.message));
      }
    `;
    await using server = await startPounce({ app: app("v0") + handles, config: { workers: 1 } });
    const [worker] = server.workers();
    for (const kind of ["throw", "reject"]) {
      await haveThrow(server, worker?.pid ?? 0, kind);
      const what = kind === "throw" ? "thrown by a timer" : "nobody handles this";
      await server.waitForLog(`second heard ${what}`);
      const heard = server.logs.messages().filter((line) => line.includes(what));
      expect(heard).toEqual([`first heard ${what}`, `second heard ${what}`]);
    }
    expect(errors(server)).toEqual([]);
    expect(server.workers()).toEqual(worker === undefined ? [] : [worker]);
  },
  60_000,
);

test.concurrent(
  "what the app's own listener for errors throws ends no worker under its requests",
  async () => {
    const throws =
      'process.once("uncaughtException", () => { throw new Error("of the listener"); });';
    await using server = await startPounce({ app: app("v0") + throws, config: { workers: 1 } });
    const held = await hold(server, 500);
    await haveThrow(server, server.workers()[0]?.pid ?? 0);
    await server.waitForLog("Replacing worker 0 (generation 0) — it drains");
    expect((await held.reply).status).toBe(200);
    await server.untilWorkers((all) => all.length === 1 && all[0]?.id === 1);
    expect(errors(server)).toHaveLength(1);
    expect(errors(server)[0]).toContain("Error: of the listener");
  },
  60_000,
);

describe("respawn.uncaught", () => {
  test.concurrent(
    '"log" tells of the error, and the worker serves on',
    async () => {
      const config = { workers: 1, respawn: { uncaught: "log" } };
      await using server = await startPounce({ app: app("v0"), config });
      const before = server.workers();
      await haveThrow(server, before[0]?.pid ?? 0, "reject");
      await server.waitForLog("Error: nobody handles this");
      expect(await versionsServed(server)).toEqual(["v0"]);
      expect(server.workers()).toEqual(before);
    },
    60_000,
  );

  test.concurrent(
    '"exit" ends the worker at once, which is replaced as one that crashed',
    async () => {
      const config = { workers: 1, respawn: { uncaught: "exit" } };
      await using server = await startPounce({ app: app("v0"), config });
      await haveThrow(server, server.workers()[0]?.pid ?? 0);
      await server.waitForLog("Worker 0 (generation 0) exited unexpectedly: exit code 1");
      await server.untilWorkers((all) => all.length === 1 && all[0]?.id === 1);
      expect(errors(server)[0]).toContain("Error: thrown by a timer");
    },
    60_000,
  );
});
