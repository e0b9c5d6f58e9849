// Metrics of a running server: on the control socket, on a port, over reloads, crashes and stuck
// workers.
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask, blockOneWorker, hold } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers, tomlOf } from "../helpers/server.ts";
import { isMissing, runTool } from "../helpers/tools.ts";
import { freePort } from "../helpers/ports.ts";

afterAll(stopAllServers);

const control = { control_socket: "control.sock" };

async function metricsText(server: ServerProcess): Promise<string> {
  const unix = join(server.dir, "control.sock");
  const response = await fetch("http://pounce/metrics", { unix });
  expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  return response.text();
}

/** The value of each series, by its name with labels. */
function valuesIn(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** What a series has once it fulfils the condition: workers settle their counts once a second. */
async function until(
  server: ServerProcess,
  series: string,
  condition: (value: number) => boolean,
): Promise<Map<string, number>> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const values = valuesIn(await metricsText(server));
    if (condition(values.get(series) ?? 0)) return values;
    if (performance.now() > deadline) throw new Error(`${series} is ${values.get(series)}`);
    await Bun.sleep(50);
  }
}

const OK = 'pounce_http_requests_total{method="GET",code="200"}';

test("requests are counted by method and status, over all workers and what they become", async () => {
  await using server = await startPounce({ config: { ...control, workers: 3 } });
  const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 16 });
  await load.untilMore(300);
  let before = valuesIn(await metricsText(server));
  for (const version of ["v1", "v2"]) {
    await server.writeApp(honoApp(version));
    await server.reload();
    await load.untilMore(200);
    const after = valuesIn(await metricsText(server));
    for (const [series, value] of before) {
      if (/_(total|count|bucket|sum)\b/.test(series)) {
        expect([series, after.get(series) ?? 0]).toEqual([series, expect.anything()]);
        expect(after.get(series) ?? 0).toBeGreaterThanOrEqual(value);
      }
    }
    before = after;
  }
  const result = await load.stop();
  expectNoLoss(result);
  const values = await until(server, OK, (value) => value >= result.buckets.ok);
  expect(values.get(OK)).toBe(result.buckets.ok);
  expect(values.get('pounce_reloads_total{outcome="completed"}')).toBe(2);
  expect(values.get("pounce_reload_duration_seconds_count")).toBe(2);
  expect(values.get("pounce_generation")).toBe(2);
  expect(values.get('pounce_workers{phase="ready"}')).toBe(3);
}, 60_000);

const PLAIN = `
export default {
  async fetch(request) {
    await Bun.sleep(Number(new URL(request.url).search.slice(1)));
    return new Response("slept");
  },
};
`;

describe.concurrent("metrics:", () => {
  test("each request of a quiet server is measured", async () => {
    await using server = await startPounce({ app: PLAIN, config: control });
    await ask(server, "/?600");
    await ask(server, { method: "POST", path: "/?0", body: "12345" });
    const values = await until(
      server,
      "pounce_http_request_duration_seconds_count",
      (n) => n === 2,
    );
    expect(values.get('pounce_http_request_duration_seconds_bucket{le="0.5"}')).toBe(1);
    expect(values.get('pounce_http_request_duration_seconds_bucket{le="+Inf"}')).toBe(2);
    expect(values.get("pounce_http_request_body_bytes_total")).toBe(5);
    expect(values.get("pounce_http_response_body_bytes_total")).toBe(2 * "slept".length);
  }, 60_000);

  test("a stuck worker is counted without being asked, and is seen to be late", async () => {
    await using server = await startPounce({ config: { ...control, workers: 2 } });
    for (let index = 0; index < 20; index++) await ask(server, "/");
    await until(server, OK, (value) => value === 20);
    using _blocked = await blockOneWorker(server);
    const lag = 'pounce_event_loop_lag_seconds{process="worker"}';
    const values = await until(server, lag, (value) => value > 1);
    expect(values.get(OK)).toBe(20);
  }, 60_000);

  test("crashes, restarts, rejected reloads and forced requests are counted", async () => {
    const config = { ...control, workers: 1, reload_timeout: 1 };
    await using server = await startPounce({ config });
    const [worker] = server.workers();
    process.kill(worker?.pid ?? 0, "SIGKILL");
    await until(server, "pounce_worker_restarts_total", (value) => value === 1);
    await until(server, 'pounce_workers{phase="ready"}', (value) => value === 1);
    await server.writeApp(fixture("broken/throws-at-import"));
    await server.reloadThatFails();
    await server.writeApp(honoApp("v1"));
    const held = await hold(server, 20_000);
    await server.reload();
    expect((await held.reply).status).toBe(503);
    const values = valuesIn(await metricsText(server));
    expect(values.get("pounce_worker_crashes_total")).toBe(1);
    expect(values.get('pounce_reloads_total{outcome="rejected"}')).toBe(1);
    expect(values.get('pounce_reloads_total{outcome="completed"}')).toBe(1);
    expect(values.get("pounce_forced_requests_total")).toBe(1);
    expect(values.get('pounce_http_requests_total{method="GET",code="503"}')).toBe(1);
  }, 90_000);
});

const metricsAt = (port: number, path: string) => ({ metrics: { port, path } });

const get = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`);

test("metrics are on a port of their own where one is configured, at reloads too", async () => {
  const [first, second] = [freePort(), freePort()];
  await using server = await startPounce({ config: metricsAt(first, "/metrics") });
  expect(await (await get(first, "/metrics")).text()).toContain("pounce_generation 0\n");
  expect((await get(first, "/")).status).toBe(404);
  for (const path of ["/stop", "/reload", "/metrics"]) {
    const posted = await fetch(`http://127.0.0.1:${first}${path}`, { method: "POST" });
    expect([path, posted.status]).toEqual([path, 405]);
  }
  await server.write("pounce.toml", tomlOf(metricsAt(second, "/m")));
  await server.reload();
  expect(await (await get(second, "/m")).text()).toContain("pounce_generation 1\n");
  expect(get(first, "/metrics")).rejects.toThrow();
  await server.stop();
  expect(get(second, "/m")).rejects.toThrow();
}, 60_000);

test("a port that somebody else has is refused by name", async () => {
  using taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  await using server = await startPounce();
  await server.write("pounce.toml", tomlOf({ metrics: { port: taken.port } }));
  const lines = await server.reloadThatFails();
  expect(lines.join("\n")).toContain(
    `Cannot listen on 127.0.0.1:${taken.port}: the address is in use`,
  );
}, 60_000);

test.skipIf(isMissing("promtool"))(
  "promtool finds nothing wrong with what a server says",
  async () => {
    await using server = await startPounce({ config: control });
    await ask(server, "/");
    await until(server, OK, (value) => value === 1);
    const text = await metricsText(server);
    expect(runTool("promtool", ["check", "metrics"], text)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  },
  60_000,
);
