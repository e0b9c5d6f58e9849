// What happens to those who are not done when reload_timeout is over.
import { afterAll, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { blockOneWorker, hold, idleConnection, versionsServed } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const IDLE_MS = 4500;
const FORCED =
  /^\[WARN\] Worker \d+ \(generation 0\) did not become idle after 2s — forcing shutdown/;

test.concurrent(
  "a request that takes longer is answered 503, named in the log, and the reload completes",
  async () => {
    await using server = await startPounce({ config: { reload_timeout: 2 } });
    const { reply } = await hold(server, 30_000);
    await server.writeApp(honoApp("v1"));
    const { lines } = await server.reload();
    const { status, headers, text, closes } = await reply;
    expect(status).toBe(503);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(closes).toBe(true);
    expect(headers.get("content-type")).toStartWith("application/problem+json");
    expect(JSON.parse(text)).toMatchObject({ status: 503 });
    const forced = lines.filter((line) => FORCED.test(line));
    expect(forced).toHaveLength(1);
    expect(forced[0]).toMatch(/1 in flight.*GET \/hold\S* .*\d+(\.\d+)? ?s/);
    expect(lines).toContain("[INFO] Graceful reload complete. Running 2 worker(s) on generation 1");
  },
  60_000,
);

test.concurrent(
  "a request's age does not count the time that its worker had nothing to do before",
  async () => {
    await using server = await startPounce({ config: { reload_timeout: 1, workers: 1 } });
    await Bun.sleep(IDLE_MS);
    const sinceMs = performance.now();
    const { reply } = await hold(server, 30_000);
    await server.writeApp(honoApp("v1"));
    const { lines } = await server.reload();
    expect((await reply).status).toBe(503);
    const [, age] = /"path":"\/hold[^"]*","age_ms":(\d+)/.exec(lines.join("\n")) ?? [];
    expect(Number(age)).toBeGreaterThan(900);
    // It is exact to the second that passes between two looks.
    expect(Number(age)).toBeLessThan(performance.now() - sinceMs + IDLE_MS / 2);
  },
  60_000,
);

test.concurrent(
  "a worker whose loop is blocked is killed, and the reload completes",
  async () => {
    await using server = await startPounce({ config: { reload_timeout: 2 } });
    using socket = await blockOneWorker(server);
    await server.writeApp(honoApp("v1"));
    const { after } = await server.steer();
    expect(await versionsServed(server)).toEqual(["v1"]);
    await server.waitForLog("Graceful reload complete", { after });
    expect(server.logs.messages(after).filter((line) => FORCED.test(line))).toHaveLength(1);
    await socket.untilEnded(performance.now() + 10_000);
    const workers = await server.untilWorkers((found) => found.length === 2);
    expect(workers.map((worker) => worker.generation)).toEqual([1, 1]);
  },
  60_000,
);

test.concurrent(
  "an idle connection is closed in the ordinary way, and that is not forced",
  async () => {
    await using server = await startPounce({
      config: { reload_timeout: 2, keep_alive_timeout: 60 },
    });
    using socket = await idleConnection(server);
    const { lines } = await server.reload();
    expect(await socket.untilEnded(performance.now() + 10_000)).toMatchObject({ kind: "closed" });
    expect(lines).toContain("[INFO] Graceful reload complete. Running 2 worker(s) on generation 1");
  },
  60_000,
);

test.concurrent(
  "nobody is stopped before the deadline",
  async () => {
    await using server = await startPounce({ config: { reload_timeout: 4 } });
    const { reply } = await hold(server, 3_000);
    const { lines } = await server.reload();
    expect((await reply).status).toBe(200);
    expect(lines.filter((line) => line.startsWith("[WARN]"))).toEqual([]);
  },
  60_000,
);
