// A reload that changes the address: the new generation has the new one, and who still calls the
// old one in time is answered.
import { afterAll, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask, hold } from "../helpers/requests.ts";
import { startPounce, stopAllServers, tomlOf } from "../helpers/server.ts";
import { freePort } from "../helpers/ports.ts";

afterAll(stopAllServers);

test("another port loses no one on the old one: late clients are refused, none is reset", async () => {
  await using server = await startPounce();
  const modes = ["connect", "keep-alive", "think-time", "silent", "slow-handler"] as const;
  const load = startLoad({ port: server.port, modes });
  await load.untilMore(32);
  const port = freePort();
  await server.write("pounce.toml", tomlOf({ port }));
  await server.writeApp(honoApp("v1"));
  await server.reload();
  expect((await ask({ port }, "/")).text).toBe("hello from v1");
  const result = await load.stop();
  expectNoLoss(result, ["refused"]);
  expect(result.buckets.refused).toBeGreaterThan(0);
  expect(result.versions).toEqual(["v0"]);
}, 90_000);

test("a port that is taken is a failed reload", async () => {
  await using server = await startPounce();
  using holder = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  await server.write("pounce.toml", tomlOf({ port: holder.port }));
  const { reply } = await hold(server, 500);
  const lines = await server.reloadThatFails();
  expect(lines.at(-1)).toBe("[ERROR] Reload failed — continuing with previous version");
  expect(lines.join("\n")).toContain(String(holder.port));
  expect((await reply).status).toBe(200);
  expect((await ask(server, "/")).text).toBe("hello from v0");
}, 60_000);

test("another host is served as well", async () => {
  await using server = await startPounce();
  await server.write("pounce.toml", tomlOf({ host: "127.0.0.2", port: server.port }));
  await server.reload();
  expect((await ask({ host: "127.0.0.2", port: server.port }, "/")).text).toBe("hello from v0");
  await expect(ask({ host: "127.0.0.1", port: server.port }, "/")).rejects.toThrow("ECONNREFUSED");
}, 60_000);
