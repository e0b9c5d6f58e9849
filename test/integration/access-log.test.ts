// The access log and request ids, as an operator and an app see them.
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask, hold } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** Answers in the ways that an access log has to tell apart. */
const APP = `
const later = () => new ReadableStream({
  async start(controller) {
    controller.enqueue("first");
    await Bun.sleep(300);
    controller.close();
  },
});
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/throw") throw new Error("thrown by the app");
    if (pathname === "/stream") return new Response(later());
    if (pathname === "/missing") return new Response("no", { status: 404 });
    if (pathname === "/id") return new Response(request.headers.get("x-request-id"));
    return Response.json({ hello: "wörld" });
  },
};
`;

interface Logged {
  path: string;
  status: number;
  client: string;
  bytes?: number;
  duration_ms: number;
  request_id?: string;
  generation: number;
  worker: number;
}

const json = { access: "access.log", access_format: "json" };

/** The entries in a file that nobody writes to any more: all lines are whole. */
function loggedBy(server: ServerProcess): Logged[] {
  const text = readFileSync(join(server.dir, "access.log"), "utf8");
  if (text !== "") expect(text).toEndWith("\n");
  return entriesOf(text);
}

/** The entries up to now. A reader may see one half of what is being written in one piece. */
function loggedSoFar(server: ServerProcess): Logged[] {
  const text = readFileSync(join(server.dir, "access.log"), "utf8");
  return entriesOf(text.slice(0, text.lastIndexOf("\n") + 1));
}

function entriesOf(text: string): Logged[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as Logged)));
}

/** The entries once there are so many: a file tells nobody that it has grown. */
async function untilLogged(server: ServerProcess, count: number): Promise<Logged[]> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const logged = loggedSoFar(server);
    if (logged.length >= count) return logged;
    if (performance.now() > deadline) throw new Error(`${logged.length} entries of ${count}`);
    await Bun.sleep(20);
  }
}

describe.concurrent("the access log:", () => {
  test("each request is logged with its status, size, time, generation and worker", async () => {
    await using server = await startPounce({ app: APP, config: { log: json } });
    for (const path of ["/", "/missing?a=b", "/throw", "/stream"]) await ask(server, path);
    const logged = (await untilLogged(server, 4)).toSorted((a, b) => a.path.localeCompare(b.path));
    expect(logged).toMatchObject([
      { path: "/", status: 200, bytes: 18, client: "127.0.0.1", generation: 0 },
      { path: "/missing?a=b", status: 404, bytes: 2 },
      { path: "/stream", status: 200 },
      { path: "/throw", status: 500 },
    ]);
    // A stream is logged when it has ended, not when its handler has returned.
    expect(logged[2]?.duration_ms).toBeGreaterThanOrEqual(300);
    expect(logged[2]).not.toHaveProperty("bytes");
    const ids = server.workers().map(({ id }) => id);
    for (const { worker } of logged) expect(ids).toContain(worker);
  }, 60_000);

  test("no access log is the default, and the formats of web servers can be had on stdout", async () => {
    await using silent = await startPounce({ app: APP });
    await ask(silent, "/");
    await using server = await startPounce({ app: APP, config: { log: { access: "stdout" } } });
    await ask(server, "/x");
    const line = await server.waitForLog(/"GET \/x HTTP\/1\.1"/);
    expect(line).toMatch(
      /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8} [+-]\d{4}\] "GET \/x HTTP\/1\.1" 200 18$/,
    );
    expect(silent.logs.text()).not.toContain("HTTP/1.1");
  }, 60_000);

  test("no line is lost or torn in a pipe that all workers write to, nor at reloads and the stop", async () => {
    const log = { access: "stdout", access_format: "json" };
    await using server = await startPounce({ config: { workers: 4, log } });
    const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 32 });
    for (const version of ["v1", "v2"]) {
      await load.untilMore(500);
      await server.writeApp(honoApp(version));
      await server.reload();
    }
    const result = await load.stop();
    expectNoLoss(result);
    await server.stop();
    const lines = server.logs.lines.flatMap(({ text }) => (text.startsWith("{") ? [text] : []));
    const entries = lines.map((line) => JSON.parse(line) as Logged);
    expect(entries.every(({ status }) => status === 200)).toBe(true);
    expect(entries.length).toBe(result.buckets.ok);
    expect(new Set(entries.map(({ generation }) => generation))).toEqual(new Set([0, 1, 2]));
  }, 60_000);

  test("what is captured of the app does not change the access log on stdout", async () => {
    const log = { access: "stdout", capture: true, format: "json" };
    await using server = await startPounce({ app: APP, config: { log } });
    await ask(server, "/x");
    await server.waitForLog(/^127\.0\.0\.1 - - \[.*"GET \/x HTTP\/1\.1" 200 18$/);
  }, 60_000);

  test("a file that takes nothing is reported at once, with the reason, and so is what is lost", async () => {
    const config = { workers: 1, log: { access: "/dev/full" } };
    await using server = await startPounce({ app: APP, config });
    for (let n = 0; n < 3; n++) await ask(server, "/");
    await server.waitForLog(/Cannot write the access log: ENOSPC/);
    await server.stop();
    const told = server.logs.matching("access log");
    expect(told).toHaveLength(2);
    expect(told[1]).toContain("3 access log line(s) were lost: ENOSPC");
  }, 60_000);

  test("paths can be left out, one by one or by how they begin", async () => {
    const log = { ...json, access_exclude: ["/health", "/assets/*"] };
    await using server = await startPounce({ app: APP, config: { log } });
    for (const path of ["/health", "/assets/a.js?x", "/healthy", "/"]) await ask(server, path);
    await untilLogged(server, 2);
    await server.stop();
    expect(
      loggedBy(server)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(["/", "/healthy"]);
  }, 60_000);

  test("USR1 reopens the file, and no request is missing from the two", async () => {
    await using server = await startPounce({ app: APP, config: { workers: 2, log: json } });
    await ask(server, "/before");
    await untilLogged(server, 1);
    renameSync(join(server.dir, "access.log"), join(server.dir, "access.old"));
    server.signal("SIGUSR1");
    let asked = 1;
    const isOpened = (): boolean => existsSync(join(server.dir, "access.log"));
    while (!isOpened() || loggedSoFar(server).length === 0) {
      await ask(server, "/after");
      asked++;
    }
    await server.stop();
    const old = readFileSync(join(server.dir, "access.old"), "utf8");
    expect(old).toContain('"path":"/before"');
    expect(old.trimEnd().split("\n").length + loggedBy(server).length).toBe(asked);
  }, 60_000);

  test("a request that is ended by force is logged with the 503 that its client got", async () => {
    const config = { workers: 1, reload_timeout: 1, log: json };
    await using server = await startPounce({ config });
    const held = await hold(server, 20_000);
    await server.reload();
    expect((await held.reply).status).toBe(503);
    expect(loggedBy(server)).toMatchObject([{ status: 503, generation: 0 }]);
  }, 60_000);

  test("a file that cannot be written is an error at the start, and rejects a reload", async () => {
    await using server = await startPounce({ app: APP });
    await server.write(
      "pounce.toml",
      'app = "./app.ts"\nport = 0\n[log]\naccess = "no/such/folder"\n',
    );
    const lines = await server.reloadThatFails();
    expect(lines.join("\n")).toContain("log.access: cannot open ");
    expect((await ask(server, "/")).status).toBe(200);
  }, 60_000);
});

describe.concurrent("behind a trusted proxy", () => {
  const forwarded = {
    path: "/id",
    headers: { "X-Forwarded-For": "1.1.1.1, 203.0.113.7", "X-Request-ID": "from-the-proxy" },
  };

  test("the client and the id of a request are what the proxy says", async () => {
    const config = { trusted_proxies: ["127.0.0.0/8"], request_id: true, log: json };
    await using server = await startPounce({ app: APP, config });
    const reply = await ask(server, forwarded);
    expect(reply.text).toBe("from-the-proxy");
    expect(reply.headers.get("x-request-id")).toBe("from-the-proxy");
    const [entry] = await untilLogged(server, 1);
    expect(entry).toMatchObject({ client: "203.0.113.7", request_id: "from-the-proxy" });
  }, 60_000);

  test("nothing that could break a log is taken for an id", async () => {
    const config = { trusted_proxies: "127.0.0.1", request_id: true };
    await using server = await startPounce({ app: APP, config });
    const reply = await ask(server, { path: "/id", headers: { "X-Request-ID": 'a "b"' } });
    expect(reply.text).toMatch(/^[0-9a-f-]{36}$/);
  }, 60_000);
});

describe.concurrent("of anybody else", () => {
  test("the word about the client and the id is not believed", async () => {
    await using server = await startPounce({ app: APP, config: { request_id: true, log: json } });
    const headers = { "X-Forwarded-For": "203.0.113.7", "X-Request-ID": "mine" };
    const reply = await ask(server, { path: "/id", headers });
    expect(reply.text).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.headers.get("x-request-id")).toBe(reply.text);
    const [entry] = await untilLogged(server, 1);
    expect(entry).toMatchObject({ client: "127.0.0.1", request_id: reply.text });
  }, 60_000);
});

test("an error of the app is logged with the id of its request", async () => {
  await using server = await startPounce({ app: APP, config: { request_id: true } });
  const reply = await ask(server, "/throw");
  expect(reply.status).toBe(500);
  const id = reply.headers.get("x-request-id");
  await server.waitForLog(`the app threw (request ${id}): `);
}, 60_000);

test("without request_id a response has no X-Request-ID", async () => {
  await using server = await startPounce({ app: APP });
  expect((await ask(server, "/")).headers.has("x-request-id")).toBe(false);
}, 60_000);
