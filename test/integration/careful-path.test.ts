// Where the kernel forbids steering, pounce says so and reloads all the same, more carefully.
import { afterAll, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { describeResult, expectNoLoss, type Mode, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** These keep the machine busy: one at a time. */
const BUSY: Mode[] = ["connect", "connect-close", "keep-alive"];
const WAITING: Mode[] = ["think-time", "silent"];

for (const mode of [...BUSY, ...WAITING]) {
  const claim = async (): Promise<void> => {
    await using server = await startPounce({ forbidSteering: true });
    const load = startLoad({ port: server.port, modes: [mode] });
    await load.untilMore(100);
    for (const version of ["v1", "v2", "v3"]) {
      await server.writeApp(honoApp(version));
      await server.reload();
      await load.untilMore(50);
    }
    const result = await load.stop();
    console.log(describeResult(result));
    expectNoLoss(result);
    expect(await versionsServed(server)).toEqual(["v3"]);
    expect(server.logs.text()).toMatch(/steer/i);
  };
  const run = BUSY.includes(mode) ? test : test.concurrent;
  run(`without steering, reloads lose nothing for ${mode}`, claim, 60_000);
}

test("a new connection waits no longer than the log says", async () => {
  await using server = await startPounce({ forbidSteering: true });
  const seconds = Number(/up to (\d+) s/.exec(server.logs.text())?.[1]);
  const load = startLoad({ port: server.port, modes: ["connect", "silent", "think-time"] });
  await load.untilMore(50);
  await server.reload();
  await load.untilMore(50);
  const { slowestConnectMs } = await load.stop();
  // Less than the next try of a client's kernel takes, which comes after 3 s.
  expect(slowestConnectMs).toBeLessThan(seconds * 1000 + 1500);
}, 90_000);

test("without steering, TERM resets no one", async () => {
  await using server = await startPounce({ forbidSteering: true });
  const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"] });
  await load.untilMore(100);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expectNoLoss(await load.stop(), ["refused"]);
}, 90_000);
