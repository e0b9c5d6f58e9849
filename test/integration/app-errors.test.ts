// Each error of the app is one entry of the log that says where it happened; a handler that returns
// no response is one; access log and metrics agree on what the client got.
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ask, exchange, RawSocket } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const APP = `
import { helper } from "./helper.ts";
type Item = { id: number };
export default {
  maxRequestBodySize: 1000,
  routes: {
    "/forgotten": () => undefined,
    "/forgotten-later": async () => { await Bun.sleep(1); },
    "/number/:id": { GET: () => 5, POST: async () => { throw new Error("in a method"); } },
    "/in-route": () => { throw new Error("in a route"); },
  },
  async fetch(request: Request, server) {
    switch (new URL(request.url).pathname) {
	case "/sync": { const item: Item = helper(1);	throw new Error("behind a tab"); }
      case "/cause": try { helper(0); } catch (cause) { throw new Error("outer", { cause }); }
      case "/forge": throw new Error("first\\r\\n[INFO] forged\\u001b[2J");
      case "/text": throw "only a text";
      case "/used": { const used = new Response("x"); await used.text(); return used; }
      case "/null": return null;
      case "/none": return new Response(null, { status: 204 });
      case "/ws": if (server.upgrade(request)) return;
      case "/ws-later": await Bun.sleep(5); if (server.upgrade(request)) return;
      case "/upload": await request.text(); return new Response("got it");
      case "/unread": await Bun.sleep(1000); return new Response("unread");
    }
    return new Response("hello from v0");
  },
  websocket: { message(socket, message) { socket.send(message); } },
};
`;
const HELPER = `export function helper(id: number) {
  if (id === 0) throw new RangeError("inner");
  return { id };
}
`;

const start = (config: object): Promise<ServerProcess> =>
  startPounce({
    app: APP,
    config: { workers: 1, ...config },
    prepare: (dir) => Bun.write(join(dir, "helper.ts"), HELPER).then(() => undefined),
  });

/** After a request for /throw: that is an entry, and so is what a stream throws; no other is. */
async function expectHonosErrorsTold(server: ServerProcess): Promise<void> {
  const told = await entry(server, "GET /throw: the app threw: Error: in Hono");
  expect(told.join("\n")).toContain('throw new Error("in Hono")');
  expect((await ask(server, "/stream")).text).toBe("a");
  await server.waitForLog("GET /stream: the app threw: Error: in a stream of Hono");
  const teapot = await ask(server, "/teapot");
  expect([teapot.status, teapot.text]).toEqual([418, "short and stout"]);
  await ask(server, "/watched");
  await server.waitForLog("watched: in Hono, watched");
}

/** The entry of the log that begins with these words, with its indented lines. */
async function entry(server: ServerProcess, words: string): Promise<string[]> {
  await server.waitForLog(words);
  const texts = server.logs.lines.map(({ text }) => text);
  const first = texts.findIndex((text) => text.includes(words));
  const next = texts.findIndex((text, index) => index > first && !text.startsWith("    "));
  return texts.slice(first, next < 0 ? undefined : next);
}

/** Sends these bytes; the connection is cut after a moment, or the answer's first line returned. */
async function raw(server: ServerProcess, bytes: string, cutAfterMs?: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { data: (_, data) => resolve(data.toString()), close: () => resolve("") },
  });
  socket.write(bytes);
  if (cutAfterMs !== undefined) await Bun.sleep(cutAfterMs).then(() => socket.terminate());
  const answer = await promise;
  socket.end();
  return answer.split("\r\n", 1)[0] ?? "";
}

const UPGRADE =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

describe.concurrent("an error of the app", () => {
  test("is one entry in text, with its request, the app's frames and the caret", async () => {
    await using server = await start({});
    expect((await ask(server, "/sync?secret=1")).status).toBe(500);
    const [head, ...lines] = await entry(server, "Error: behind a tab");
    expect(head).toEndWith(
      "[ERROR] Worker 0 (generation 0): GET /sync: the app threw: Error: behind a tab",
    );
    const caret = lines.findIndex((line) => /^ *\^$/.test(line));
    expect(lines[caret - 1]).toMatch(/14 \| .*throw new Error/);
    expect(lines[caret]?.indexOf("^")).toBe(lines[caret - 1]?.indexOf("Error(") as number);
    expect(lines.slice(caret + 1)).toEqual([`      at fetch (${server.dir}/app.ts:14:58)`]);
    await ask(server, "/cause");
    const cause = (await entry(server, "Error: outer")).join("\n");
    expect(cause).toMatch(/caused by: RangeError: inner\n[^]*helper\.ts:2:\d+\)/);
    expect(cause).not.toContain("src/worker");
    await ask(server, "/text");
    expect(await entry(server, "only a text")).toHaveLength(1);
    await ask(server, "/in-route");
    expect((await entry(server, "Error: in a route"))[0]).toContain("GET /in-route: the app threw");
    await raw(server, "POST /number/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect((await entry(server, "Error: in a method"))[0]).toContain(
      "POST /number/7: the app threw",
    );
  }, 60_000);

  test("cannot forge a line, nor command a terminal", async () => {
    await using server = await start({});
    await ask(server, "/forge");
    const [head, second] = await entry(server, "Error: first");
    expect(head).toEndWith("Error: first");
    expect(second).toBe("    [INFO] forged\\x1b[2J");
    await raw(server, "GET /forgotten%0A%1B HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (const { text } of server.logs.lines) {
      expect(text).toMatch(/^(\d{4}-|    )/);
      expect(text).not.toContain("\u001b");
    }
  }, 60_000);

  test("is one object in JSON, with its request and place as fields", async () => {
    await using server = await start({ request_id: true, log: { format: "json" } });
    const id = (await ask(server, "/sync")).headers.get("x-request-id");
    const told = JSON.parse(await server.waitForLog('"event":"app-threw"'));
    expect(told).toMatchObject({
      level: "error",
      worker: 0,
      generation: 0,
      method: "GET",
      path: "/sync",
      request_id: id,
      error: { name: "Error", message: "behind a tab", at: `${server.dir}/app.ts:14:58` },
    });
    await ask(server, "/forge");
    const lines = server.logs.lines.length;
    await server.waitForLog("forged");
    expect(() =>
      server.logs.lines.slice(0, lines).map(({ text }) => JSON.parse(text)),
    ).not.toThrow();
  }, 60_000);

  test("while a worker drains, it is directed and answered as usual", async () => {
    await using server = await start({});
    // Clients that keep their connections, and a request that keeps the old worker.
    const paths = ["/forgotten", "/in-route", "/sync", "/none"];
    const sockets = await Promise.all(
      paths.map(async (path) => {
        const socket = await RawSocket.connect("127.0.0.1", server.port);
        await exchange(socket, { path: "/" });
        return { path, socket };
      }),
    );
    const { after } = await server.steer();
    const statuses = await Promise.all(
      sockets.map(async ({ path, socket }) => (await exchange(socket, { path })).status),
    );
    for (const { socket } of sockets) socket.close();
    expect(statuses).toEqual([500, 500, 500, 204]);
    const told = server.logs.messages(after).filter((line) => line.startsWith("[ERROR]"));
    expect(told.toSorted().map((line) => /: (GET .*?:)/.exec(line)?.[1])).toEqual([
      "GET /forgotten:",
      "GET /in-route:",
      "GET /sync:",
    ]);
    expect(told.every((line) => line.includes("Worker 0 (generation 0)"))).toBe(true);
  }, 60_000);

  test("a handler that returns no response is named, and answered 500", async () => {
    await using server = await start({});
    const wrong: [path: string, told: string][] = [
      [
        "/forgotten",
        'the app\'s route "/forgotten" returned undefined instead of a Response: is a',
      ],
      ["/forgotten-later", 'the app\'s route "/forgotten-later" returned undefined'],
      ["/number/1", 'the app\'s GET route "/number/:id" returned a number'],
      ["/null", "the app's fetch returned null instead of a Response"],
      ["/used", "body already used"],
    ];
    for (const [path, told] of wrong) {
      expect([path, (await ask(server, path)).status]).toEqual([path, 500]);
      await server.waitForLog(told);
    }
    expect((await ask(server, "/none")).status).toBe(204);
  }, 60_000);
});

test("access log and metrics agree on every status, and a client that goes is no error", async () => {
  await using server = await start({
    control_socket: "control.sock",
    log: { access: "access.log" },
  });
  const chunked = `Host: x\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n${"a".repeat(2048)}\r\n0\r\n\r\n`;
  const cases: [bytes: string, answer: string, cutAfterMs?: number][] = [
    ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK"],
    ["GET /none HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 204 No Content"],
    ["GET /forgotten HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 500 Internal Server Error"],
    ["GET /forgotten-later HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 500 Internal Server Error"],
    [`GET /ws HTTP/1.1\r\nHost: x\r\n${UPGRADE}`, "HTTP/1.1 101 Switching Protocols"],
    [`GET /ws-later HTTP/1.1\r\nHost: x\r\n${UPGRADE}`, "HTTP/1.1 101 Switching Protocols"],
    [`POST /upload HTTP/1.1\r\n${chunked}`, "HTTP/1.1 413 Payload Too Large"],
    // What the app does not read of a body is not too large.
    [`POST /unread HTTP/1.1\r\n${chunked}`, "HTTP/1.1 200 OK"],
    ["POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc", "", 50],
    [`POST /unread HTTP/1.1\r\n${chunked.slice(0, 80)}`, "", 50],
    ["GET /unread HTTP/1.1\r\nHost: x\r\n\r\n", "", 50],
  ];
  for (const [bytes, answer, cutAfterMs] of cases) {
    expect(await raw(server, bytes, cutAfterMs)).toBe(answer);
  }
  const counted = /^pounce_http_requests_total\{method="(\w+)",code="(\d+)"\} (\d+)$/gm;
  const inMetrics = async (): Promise<string[]> => {
    const unix = join(server.dir, "control.sock");
    const text = await (await fetch("http://pounce/metrics", { unix })).text();
    return [...text.matchAll(counted)]
      .flatMap(([, method, code, times]) => Array(Number(times)).fill(`${method} ${code}`))
      .toSorted();
  };
  const expected =
    "GET 101,GET 101,GET 200,GET 204,GET 499,GET 500,GET 500,POST 200,POST 413,POST 499,POST 499".split(
      ",",
    );
  const deadlineMs = performance.now() + 10_000;
  let found = await inMetrics();
  while (found.length < expected.length && performance.now() < deadlineMs) {
    await Bun.sleep(50);
    found = await inMetrics();
  }
  expect(found).toEqual(expected);
  await server.stop();
  const access = readFileSync(join(server.dir, "access.log"), "utf8").trim().split("\n");
  const logged = access.map((line) => /"(\w+) [^"]*" (\d+)/.exec(line)?.slice(1).join(" "));
  expect(logged.toSorted()).toEqual(expected);
  expect(server.logs.text().match(/\[ERROR\]/g)).toHaveLength(2);
}, 60_000);

/** A Hono app that leaves errors to Hono, as most do. */
const HONO = `
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { stream } from "hono/streaming";
const app = new Hono();
app.use(async (c, next) => { await next(); c.header("x-after", "yes"); });
app.get("/throw", () => { throw new Error("in Hono"); });
app.get("/teapot", () => { throw new HTTPException(418, { message: "short and stout" }); });
app.get("/watched", () => {
  console.error = (error) => console.log("watched: " + error.message);
  throw new Error("in Hono, watched");
});
app.get("/stream", (c) => stream(c, async (out) => {
  await out.write("a");
  throw new Error("in a stream of Hono");
}));
ON_ERROR
export default app;
`;

const builtIn = (dir: string): Promise<void> => rm(join(dir, "node_modules"));

describe.concurrent("an error that Hono answers for", () => {
  for (const [name, prepare] of Object.entries({ "its own": undefined, "the built-in": builtIn })) {
    const claim = async (): Promise<void> => {
      const app = HONO.replace("ON_ERROR", "");
      await using server = await startPounce({
        app,
        config: { workers: 1 },
        ...(prepare && { prepare }),
      });
      const { status, text, headers } = await ask(server, "/throw");
      expect([status, text, headers.get("x-after")]).toEqual([500, "Internal Server Error", "yes"]);
      await expectHonosErrorsTold(server);
      await server.stop();
      expect(server.logs.text().match(/the app threw/g)).toHaveLength(2);
    };
    test(`is an entry, the answer being Hono's, with ${name} Hono`, claim, 60_000);
  }

  const HIDDEN = HONO.replace("ON_ERROR", "").replace(
    "export default app;",
    `app.get("/prints", (c) => { console.error(new Error("printed")); return c.text("fine"); });
    export default {
      fetch: app.fetch,
      routes: { "/throw": (request) => Bun.sleep(20).then(() => app.fetch(request)) },
    };`,
  );

  for (const [name, prepare] of Object.entries({ "its own": undefined, "the built-in": builtIn })) {
    const claim = async (): Promise<void> => {
      await using server = await startPounce({
        app: HIDDEN,
        config: { workers: 1 },
        ...(prepare && { prepare }),
      });
      const paths = ["/throw", "/none?a", "/prints", "/throw?b"];
      const answers = await Promise.all(paths.map((path) => ask(server, path)));
      expect(answers.map(({ status }) => status)).toEqual([500, 404, 200, 500]);
      await expectHonosErrorsTold(server);
      await server.stop();
      expect(server.logs.text().match(/the app threw/g)).toHaveLength(3);
      expect(server.logs.text().match(/\berror: printed$/gm)).toHaveLength(1);
    };
    const of = "of an object that only has its fetch, and in a route";
    test(`${of}, is an entry with its request, with ${name} Hono`, claim, 60_000);
  }

  test("by the app's own onError is the app's", async () => {
    const app = HONO.replace("ON_ERROR", 'app.onError((error, c) => c.text("mine", 500));');
    await using server = await startPounce({ app, config: { workers: 1 } });
    expect((await ask(server, "/throw")).text).toBe("mine");
    await server.stop();
    expect(server.logs.text()).not.toContain("[ERROR]");
  }, 60_000);
});

const OUTSIDE = `
const at = (code) => new Response(new ReadableStream(code));
let pulls = 0;
export default {
  async fetch(request, server) {
    switch (new URL(request.url).pathname) {
      case "/start": return at({ async start(c) { c.enqueue("x"); await 1; throw new Error("in start"); } });
      case "/pull": return at({ pull(c) { c.enqueue("x"); throw new Error("in pull"); } });
      case "/pull-later": return at({ async pull() { await Bun.sleep(5); throw new Error("in a later pull"); } });
      case "/ended": return at({ start(c) { c.enqueue("x"); setTimeout(() => c.error(new Error("by its controller")), 5); } });
      case "/left": return at({ start(c) {
        c.enqueue("x");
        request.signal.addEventListener("abort", () => { c.error(request.signal.reason); console.log("left"); });
      } });
      case "/whole": return at({ pull(c) { pulls++ > 2 ? c.close() : c.enqueue("abc"); } });
      case "/gone": return at({
        async pull(c) { c.enqueue("x"); await Bun.sleep(300); throw new Error("after the client"); },
        cancel() { console.log("cancelled"); },
      });
      case "/timer": setTimeout(() => { throw new Error("in a timer"); }, 1); break;
      case "/ws": if (server.upgrade(request)) return;
    }
    return new Response("hello from v0");
  },
  error(error) { if (error.message === "once") throw new Error("twice"); throw error; },
  routes: { "/handled": () => { throw new Error("once"); } },
  websocket: {
    message(socket, message) { if (message === "now") throw new Error("in message"); return Promise.reject(new Error("in message, later")); },
  },
};
`;

test("errors of streams, sockets and timers are entries too, which say where; Bun adds nothing", async () => {
  await using server = await startPounce({
    app: OUTSIDE,
    config: { workers: 1, respawn: { uncaught: "log" } },
  });
  for (const path of ["/start", "/pull", "/pull-later", "/ended"]) {
    await fetch(`http://127.0.0.1:${server.port}${path}`)
      .then((answer) => answer.text(), String)
      .catch(String);
  }
  expect((await ask(server, "/whole")).text).toBe("abcabcabc");
  await ask(server, "/timer");
  await server.waitForLog("Error: in a timer");
  for (const message of ["now", "later"]) {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    socket.send(message);
    await server.waitForLog(message === "now" ? "Error: in message" : "Error: in message, later");
    socket.close();
  }
  expect((await ask(server, "/handled")).status).toBe(500);
  const gone = raw(server, "GET /gone HTTP/1.1\r\nHost: x\r\n\r\n", 100);
  await server.waitForLog("cancelled");
  await gone;
  await raw(server, "GET /left HTTP/1.1\r\nHost: x\r\n\r\n", 100);
  await server.waitForLog("left");
  await server.stop();
  const lines = server.logs
    .messages()
    .filter((line) => !/^ {4}|\[INFO\]|cancelled|left/.test(line));
  expect(lines.map((line) => line.replace("[ERROR] Worker 0 (generation 0): ", ""))).toEqual([
    "a stream of the app failed: Error: in start",
    "a stream of the app failed: Error: in pull",
    "a stream of the app failed: Error: in a later pull",
    "a stream of the app failed: Error: by its controller",
    "the app threw outside a request: Error: in a timer",
    "the app's WebSocket message handler threw: Error: in message",
    "the app's WebSocket message handler threw: Error: in message, later",
    "GET /handled: the app threw: Error: once",
    "GET /handled: the app's error handler threw while handling that error: Error: twice",
  ]);
}, 60_000);
