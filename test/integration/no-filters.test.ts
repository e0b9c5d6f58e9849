// Where the kernel lets nobody but root drop new handshakes at a listener, nothing is lost either.
import { afterAll, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, type Mode, startLoad } from "../helpers/load.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const MODES: Mode[][] = [
  ["connect", "connect-close"],
  ["keep-alive", "slow-handler", "sse"],
];

for (const modes of MODES) {
  test(`TERM resets no one, for ${modes.join(", ")}`, async () => {
    await using server = await startPounce({ forbidFilters: true, config: { workers: 3 } });
    const load = startLoad({ port: server.port, modes });
    await load.untilMore(16);
    await server.writeApp(honoApp("v1"));
    await server.reload();
    await load.untilMore(16);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const result = await load.stop();
    expectNoLoss(result, ["refused"]);
    expect(result.versions).toEqual(["v0", "v1"]);
    await server.untilNothingIsLeft(1_000);
  }, 60_000);
}

test("a stop during an overlapping drain resets no one", async () => {
  await using server = await startPounce({ forbidFilters: true });
  const load = startLoad({ port: server.port, modes: ["connect", "slow-handler"] });
  await load.untilMore(20);
  await server.steer();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expectNoLoss(await load.stop(), ["refused"]);
}, 60_000);

test("with one worker, reloads lose nothing and TERM resets no one", async () => {
  await using server = await startPounce({ forbidFilters: true, config: { workers: 1 } });
  const load = startLoad({ port: server.port, modes: ["connect"] });
  for (const version of ["v1", "v2"]) {
    await load.untilMore(200);
    await server.writeApp(honoApp(version));
    await server.reload();
  }
  expectNoLoss(load.result);
  await server.stop();
  expectNoLoss(await load.stop(), ["refused"]);
}, 60_000);
