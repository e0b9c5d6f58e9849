// TTIN and TTOU: one worker more or fewer, without losing a request, until the next reload.
import { afterAll, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

test("TTIN and TTOU change the number of workers under load and lose nothing", async () => {
  await using server = await startPounce({ config: { workers: 2 } });
  const modes = ["connect", "keep-alive", "silent", "think-time"] as const;
  const load = startLoad({ port: server.port, modes, clients: 32, gapMs: 20 });
  const steps = [
    ["SIGTTIN", 3],
    ["SIGTTIN", 4],
    ["SIGTTOU", 3],
    ["SIGTTOU", 2],
    ["SIGTTOU", 1],
  ] as const;
  for (const [signal, wanted] of steps) {
    await load.untilMore(20);
    server.signal(signal);
    const workers = await server.untilWorkers((found) => found.length === wanted);
    expect(new Set(workers.map((it) => it.generation))).toEqual(new Set([0]));
  }
  await load.untilMore(20);
  expectNoLoss(await load.stop());
}, 60_000);

test("TTIN while a reload loads is refused, as that sets the number", async () => {
  await using server = await startPounce({ config: { workers: 2 } });
  await server.writeApp(`console.log("importing v1");await Bun.sleep(500);\n${honoApp("v1")}`);
  server.signal("SIGHUP");
  await server.waitForLog("importing v1");
  server.signal("SIGTTIN");
  await server.waitForLog("Received SIGTTIN — refused: a reload is in progress");
  await server.waitForLog("Running 2 worker(s) on generation 1");
}, 60_000);

test("the next reload goes back to what is configured", async () => {
  await using server = await startPounce({ config: { workers: 2 } });
  server.signal("SIGTTIN");
  await server.untilWorkers((found) => found.length === 3);
  const { lines } = await server.reload();
  expect(lines).toContain("[INFO] Spawning 2 new worker(s) (generation 1)...");
  const workers = await server.untilWorkers((found) => found.length === 2);
  expect(workers.map((it) => it.generation)).toEqual([1, 1]);
}, 60_000);
