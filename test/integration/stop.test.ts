// How pounce ends: late clients are refused, all others are answered, and nothing is left behind.
import { afterAll, describe, expect, test } from "bun:test";
import { expectNoLoss, type Mode, startLoad } from "../helpers/load.ts";
import { ask, hold, idleConnection } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

describe("TERM resets no one, for clients that", () => {
  const modes: Mode[][] = [
    ["connect", "connect-close"],
    ["keep-alive", "post"],
    ["think-time", "silent", "half-request"],
    ["slow-handler", "slow-upload", "sse", "websocket"],
  ];
  for (const kinds of modes) {
    const claim = async (): Promise<void> => {
      await using server = await startPounce();
      const load = startLoad({ port: server.port, modes: kinds });
      await load.untilMore(32);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      const result = await load.stop();
      expectNoLoss(result, ["refused"]);
      expect(result.buckets.refused).toBeGreaterThan(0);
      await server.untilNothingIsLeft(5_000);
    };
    test(kinds.join(", "), claim, 60_000);
  }
});

test.concurrent(
  "TERM waits for an idle connection to reach its keep-alive limit",
  async () => {
    await using server = await startPounce({ config: { keep_alive_timeout: 2 } });
    const sinceMs = performance.now();
    using socket = await idleConnection(server);
    server.signal("SIGTERM");
    expect(await socket.untilEnded(performance.now() + 9_000)).toMatchObject({ kind: "closed" });
    expect(performance.now() - sinceMs).toBeGreaterThan(1_950);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  },
  60_000,
);

test.concurrent(
  "with shutdown_delay, health is 503 while all is still served",
  async () => {
    await using server = await startPounce({
      config: { shutdown_delay: 2, health_check_path: "/health" },
    });
    expect((await ask(server, "/health")).status).toBe(200);
    const began = performance.now();
    server.signal("SIGTERM");
    await untilDraining(server.port);
    expect((await ask(server, "/health")).status).toBe(503);
    expect((await ask(server, "/")).text).toBe("hello from v0");
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeGreaterThan(2_000);
  },
  60_000,
);

test.concurrent(
  "INT does not wait for idle connections, but for requests",
  async () => {
    await using server = await startPounce({ config: { keep_alive_timeout: 60 } });
    using idle = await idleConnection(server);
    const { reply } = await hold(server, 2_000);
    server.signal("SIGINT");
    expect((await reply).status).toBe(200);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(idle.ended).toMatchObject({ kind: "closed" });
    await server.untilNothingIsLeft(5_000);
  },
  60_000,
);

test.concurrent(
  "a second INT stops at once",
  async () => {
    await using server = await startPounce();
    await hold(server, 20_000);
    server.signal("SIGINT");
    // The first has been seen when nobody can connect any more.
    await untilRefused(server.port);
    await expectEndAtOnce(server, "SIGINT");
  },
  60_000,
);

test.concurrent(
  "QUIT stops at once",
  async () => {
    await using server = await startPounce();
    await hold(server, 20_000);
    await expectEndAtOnce(server, "SIGQUIT");
  },
  60_000,
);

test.concurrent(
  "a request that outlives shutdown_timeout is answered 503",
  async () => {
    await using server = await startPounce({ config: { shutdown_timeout: 2 } });
    const { reply } = await hold(server, 30_000);
    const exit = await server.stop();
    expect((await reply).status).toBe(503);
    expect(exit.signal).toBeNull();
    await server.untilNothingIsLeft(5_000);
  },
  60_000,
);

async function expectEndAtOnce(
  server: Awaited<ReturnType<typeof startPounce>>,
  signal: NodeJS.Signals,
): Promise<void> {
  const began = performance.now();
  server.signal(signal);
  await server.exited;
  await server.untilNothingIsLeft(5_000);
  expect(performance.now() - began).toBeLessThan(10_000);
}

async function untilDraining(port: number): Promise<void> {
  while ((await ask({ port }, "/health")).status === 200) await Bun.sleep(5);
}

async function untilRefused(port: number): Promise<void> {
  for (;;) {
    try {
      await ask({ port }, "/");
    } catch (error) {
      if (String(error).includes("ECONNREFUSED")) return;
    }
    await Bun.sleep(5);
  }
}
