// Reload requests that come faster than reloads: few reloads follow, and what was written last is
// what is served in the end.
import { afterAll, describe, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { Random } from "../../src/prove/load/random.ts";
import { runSeed } from "../helpers/load/random.ts";
import { hold, versionsServed } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

test("a hundred HUPs at once are one or two reloads", async () => {
  await using server = await startPounce();
  await server.writeApp(honoApp("v1"));
  for (let count = 0; count < 100; count += 1) server.hup();
  await server.waitForLog("Graceful reload complete");
  await server.untilWorkers((found) => new Set(found.map((it) => it.generation)).size === 1);
  // The next reload's number tells how many there were, late ones included.
  const { generation } = await server.reload();
  expect([2, 3]).toContain(generation);
  expect(await versionsServed(server)).toEqual(["v1"]);
}, 60_000);

test("with a HUP after each of many writes, the last one written is served", async () => {
  await using server = await startPounce({ config: { workers: 2 } });
  const random = new Random(runSeed, "writes");
  const load = startLoad({ port: server.port, modes: ["keep-alive"], clients: 8, gapMs: 20 });
  for (let count = 1; count <= 25; count += 1) {
    await server.writeApp(honoApp(`v${count}`));
    server.hup();
    await Bun.sleep(random.between(0, 60));
  }
  await load.until((result) => result.versions.includes("v25"), 40_000);
  await server.untilWorkers(
    (found) => new Set(found.map((it) => it.generation)).size === 1 && found.length === 2,
    60_000,
  );
  expect(await versionsServed(server)).toEqual(["v25"]);
  expectNoLoss(await load.stop());
}, 80_000);

describe.concurrent("while older generations drain", () => {
  test("a reload can begin", async () => {
    await using server = await startPounce();
    const first = await hold(server);
    await server.writeApp(honoApp("v1"));
    await server.steer();
    const second = await hold(server);
    await server.writeApp(honoApp("v2"));
    await server.steer();
    expect(await versionsServed(server)).toEqual(["v2"]);
    expect(new Set(server.workers().map((it) => it.generation))).toEqual(new Set([0, 1, 2]));
    for (const { release } of [first, second]) release();
    expect((await first.reply).text).toMatch(/^held .* by v0$/);
    expect((await second.reply).text).toMatch(/^held .* by v1$/);
    await server.untilWorkers((found) => found.every((it) => it.generation === 2));
  }, 60_000);

  test("with three of them the next reload waits, and the log says so", async () => {
    await using server = await startPounce();
    const held = [];
    for (const version of ["v1", "v2", "v3"]) {
      held.push(await hold(server));
      await server.writeApp(honoApp(version));
      await server.steer();
    }
    held.push(await hold(server));
    await server.writeApp(honoApp("v4"));
    const after = server.logs.mark();
    server.hup();
    await server.waitForLog(/max_draining|still drain|wait/i, { after });
    expect(await versionsServed(server)).toEqual(["v3"]);
    for (const { release } of held) release();
    expect((await Promise.all(held.map((it) => it.reply))).map((it) => it.status)).toEqual(
      Array(4).fill(200),
    );
    await server.waitForLog("on generation 4", { after });
    expect(await versionsServed(server)).toEqual(["v4"]);
  }, 90_000);
});
