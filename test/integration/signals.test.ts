// Signals that are to have no effect, and those that reach the wrong process.
import { afterAll, expect, test } from "bun:test";
import { ask, versionsServed } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

test("WINCH is ignored by the master", async () => {
  await using server = await startPounce();
  const before = server.workers();
  server.signal("SIGWINCH");
  // The reload comes after it, and its worker ids tell that nothing happened in between.
  await server.reload();
  expect(server.workers().map((it) => it.id)).toEqual(before.map((it) => it.id + before.length));
}, 60_000);

test("workers ignore TERM, INT and HUP while their master lives", async () => {
  await using server = await startPounce();
  const before = server.workers();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    for (const worker of before) process.kill(worker.pid, signal);
    const pids = await Promise.all(
      before.map(async () => Number((await ask(server, "/pid")).text)),
    );
    expect(before.map((worker) => worker.pid)).toEqual(expect.arrayContaining(pids));
  }
  expect(await versionsServed(server)).toEqual(["v0"]);
  expect(server.workers()).toEqual(before);
}, 60_000);

test("a HUP right after the start does not end it", async () => {
  await using server = await startPounce();
  for (let count = 0; count < 3; count += 1) server.hup();
  await server.waitForLog("Graceful reload complete");
  expect(await versionsServed(server)).toEqual(["v0"]);
}, 60_000);
