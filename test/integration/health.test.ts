// The health endpoint belongs to pounce: the app never sees it.
import { afterAll, describe, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { ask, exchange, hold, RawSocket } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const config = { health_check_path: "/health", workers: 2 };

describe.concurrent("health:", () => {
  test("GET says who answered and that all is well", async () => {
    await using server = await startPounce({ config });
    const { status, headers, text } = await ask(server, "/health");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toStartWith("application/json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-version")).toBeUndefined();
    const body = JSON.parse(text);
    const worker = server.workers().find((it) => it.pid === body.pid);
    expect(body).toMatchObject({ status: "ok", generation: 0, worker: worker?.id ?? "none" });
    expect(body.uptime).toBeGreaterThanOrEqual(0);
    expect(body.version).toMatch(/^\d+\.\d+\.\d+/);
  }, 60_000);

  test("HEAD answers as GET without the body", async () => {
    await using server = await startPounce({ config });
    const { status, headers, body } = await ask(server, { path: "/health", method: "HEAD" });
    expect([status, headers.get("cache-control"), body.length]).toEqual([200, "no-store", 0]);
  }, 60_000);

  test("a query makes no difference, another path or method does", async () => {
    await using server = await startPounce({ config });
    expect(JSON.parse((await ask(server, "/health?full=1")).text).status).toBe("ok");
    expect((await ask(server, "/health/more")).status).toBe(404);
    const posted = await ask(server, { path: "/health", method: "POST", body: "" });
    expect(posted.headers.get("x-version")).toBe("v0");
  }, 60_000);

  test("during a reload an old worker still answers 200", async () => {
    // A new generation may take its time on a busy machine, and the connection is idle meanwhile.
    await using server = await startPounce({ config: { ...config, keep_alive_timeout: 60 } });
    using socket = await RawSocket.connect("127.0.0.1", server.port);
    // Once accepted by an old worker this connection stays there.
    expect(JSON.parse((await exchange(socket, { path: "/health" })).text).generation).toBe(0);
    const { reply, release } = await hold(server);
    await server.writeApp(honoApp("v1"));
    await server.steer();
    for (let closes = false, left = 20; !closes; left -= 1) {
      const old = await exchange(socket, { path: "/health" });
      expect(old.status).toBe(200);
      expect(JSON.parse(old.text)).toMatchObject({ status: "ok", generation: 0 });
      // Its answers are marked as all others, or a load balancer's checks would hold up the drain.
      closes = old.closes;
      expect(left).toBeGreaterThan(0);
      await Bun.sleep(10);
    }
    expect(JSON.parse((await ask(server, "/health")).text)).toMatchObject({ generation: 1 });
    release();
    expect((await reply).status).toBe(200);
  }, 60_000);

  test("without health_check_path the app answers", async () => {
    await using server = await startPounce();
    expect((await ask(server, "/health")).status).toBe(404);
  }, 60_000);
});
