// keep_alive_timeout is about idle connections alone: who waits for an answer, sends a body or
// reads a quiet stream is never cut by it, however short it is.
import { afterAll, expect, test } from "bun:test";
import { Random } from "../../src/prove/load/random.ts";
import { runSeed } from "../helpers/load/random.ts";
import { readReply, requestHead } from "../../src/prove/load/http.ts";
import { ask, exchange, idleConnection, RawSocket } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

test.concurrent(
  "200 handlers of 500–1500 ms live at keep_alive_timeout = 1",
  async () => {
    await using server = await startPounce({ config: { keep_alive_timeout: 1 } });
    const random = new Random(runSeed, "handlers");
    const asked = Array.from({ length: 200 }, () => ask(server, slow(random.between(500, 1500))));
    const replies = await Promise.all(asked);
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
  },
  60_000,
);

test.concurrent(
  "so do handlers that follow each other on one connection",
  async () => {
    await using server = await startPounce({ config: { keep_alive_timeout: 1 } });
    using socket = await RawSocket.connect("127.0.0.1", server.port);
    for (const ms of [0, 4_500, 0, 6_000]) {
      expect((await exchange(socket, { path: slow(ms) })).text).toBe(`slept ${ms}`);
    }
  },
  60_000,
);

test.concurrent(
  "an idle connection is closed after the limit and within 4 s of it",
  async () => {
    await using server = await startPounce({ config: { keep_alive_timeout: 1 } });
    const idleSince = performance.now();
    using socket = await idleConnection(server);
    expect(await socket.untilEnded(idleSince + 10_000)).toMatchObject({ kind: "closed" });
    const idleMs = performance.now() - idleSince;
    expect(idleMs).toBeGreaterThan(950);
    expect(idleMs).toBeLessThan(8_000);
  },
  60_000,
);

test.concurrent(
  "so is one that comes as another goes, and asks only what Bun serves by itself",
  async () => {
    const app = `export default {
      fetch: () => new Response("answer"),
      routes: { "/static": new Response("static") },
    };`;
    const config = { keep_alive_timeout: 2, workers: 1 };
    await using server = await startPounce({ app, config });
    using first = await idleConnection(server);
    // By then the first one is known, and nothing has changed since.
    await Bun.sleep(1_500);
    using second = await RawSocket.connect("127.0.0.1", server.port);
    await exchange(second, { path: "/static" });
    first.close();
    const idleSince = performance.now();
    expect(await second.untilEnded(idleSince + 10_000)).toMatchObject({ kind: "closed" });
    expect(performance.now() - idleSince).toBeLessThan(9_000);
  },
  60_000,
);

test.concurrent(
  "each of 1500 idle connections on one worker is closed in time, and none of those that wait for an answer",
  async () => {
    await using server = await startPounce({ config: { keep_alive_timeout: 2, workers: 1 } });
    const answers = Array.from({ length: 20 }, () => ask(server, slow(9_000)));
    const idleFor: Promise<number>[] = [];
    for (let count = 0; count < 1500; count += 1) {
      const sinceMs = performance.now();
      const socket = await idleConnection(server);
      idleFor.push(
        socket.untilEnded(sinceMs + 12_000).then((end) => {
          expect(end).toMatchObject({ kind: "closed" });
          return performance.now() - sinceMs;
        }),
      );
    }
    const durations = await Promise.all(idleFor);
    expect(Math.min(...durations)).toBeGreaterThan(1_950);
    expect(Math.max(...durations)).toBeLessThan(8_500);
    for (const answer of await Promise.all(answers)) expect(answer.text).toBe("slept 9000");
  },
  60_000,
);

for (const config of [{ keep_alive_timeout: 1 }, { keep_alive_timeout: 10 }]) {
  const limit = `keep_alive_timeout = ${config.keep_alive_timeout}`;

  test.concurrent(
    `a stream that is quiet for 15 s, and a handler of 15 s, live at ${limit}`,
    async () => {
      await using server = await startPounce({ config });
      const [stream, handler] = await Promise.all([
        ask(server, "/sse?quiet=15000", 40_000),
        ask(server, slow(15_000), 40_000),
      ]);
      expect(stream.text).toEndWith("data: quiet for 15000\n\ndata: last\n\n");
      expect(handler.text).toBe("slept 15000");
    },
    50_000,
  );

  test.concurrent(
    `an upload of a few bytes a second lives at ${limit}`,
    async () => {
      await using server = await startPounce({ config });
      using socket = await RawSocket.connect("127.0.0.1", server.port);
      const body = Buffer.alloc(400, "slow ");
      const headers = { "Content-Length": String(body.length) };
      socket.send(requestHead({ method: "POST", path: "/upload", headers }));
      for (let sent = 0; sent < body.length; sent += 50) {
        await Bun.sleep(2_000);
        socket.send(body.subarray(sent, sent + 50));
      }
      const reply = await readReply(socket, performance.now() + 5_000);
      expect(JSON.parse(reply.text)).toMatchObject({ bytes: body.length });
    },
    50_000,
  );
}

function slow(ms: number): string {
  return `/slow?ms=${ms}`;
}
