// Programs that start their own server, run unchanged: with `Bun.serve`, and with node:http.
import { join } from "node:path";
import { afterAll, describe, expect, test } from "bun:test";
import { ask } from "../helpers/requests.ts";
import {
  type Config,
  type ServerProcess,
  runPounce,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { freePort } from "../helpers/ports.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const LIMIT_MS = 60_000;

const NODE = `import http from "node:http";
const server = http.createServer((request, response) => response.end("v0 " + request.url));
server.listen(3000, () => console.log("at", JSON.stringify(server.address())));`;
const BUN = `const server = Bun.serve({
  routes: { "/route": () => new Response("route") },
  fetch: (request) => new Response("v0 " + new URL(request.url).pathname),
});
console.log("at", server.url.href);`;

describe("a program is served at pounce's address, which it sees as its own", () => {
  test.concurrent.each([
    ["of Bun.serve", BUN, (port: number) => `at http://127.0.0.1:${port}/`, 0],
    [
      "of node:http, and told once a version that it asks for another",
      NODE,
      (port: number) => `"port":${port}}`,
      2,
    ],
  ])(
    "%s",
    async (_kind, app, shown, told) => {
      await using server = await startPounce({ app, config: { workers: 2 } });
      expect((await ask(server, "/path")).text).toBe("v0 /path");
      await server.writeApp(app.replaceAll("v0", "v1"));
      await server.reload();
      expect((await ask(server, "/path")).text).toBe("v1 /path");
      expect(server.logs.matching("at ").at(-1)).toContain(shown(server.port));
      expect(server.logs.matching("asks for")).toHaveLength(told);
      const line = /^\[INFO\] \.\/app\.ts asks for port 3000; .* --port 3000$/;
      expect(server.logs.matching(line)).toHaveLength(told);
    },
    LIMIT_MS,
  );
});

/** Two servers in one turn; the program replaces parts of the one that is served. */
const TRACED = `import http from "node:http";
http.createServer((request, response) => response.end("metrics")).listen(0);
const old = (request, response) => response.end("old");
const server = http.createServer(old);
const { emit } = server;
let own = 0;
server.emit = function (event, ...args) {
  if (event === "request") own++;
  return emit.call(this, event, ...args);
};
server.listen(3000);
http.createServer((request, response) => response.end("admin")).listen(0);
setTimeout(() => {
  server.off("request", old);
  server.on("request", (request, response) => response.end("new, " + own));
  console.log("replaced");
}, 1);`;

test.concurrent(
  "a program may start several servers at once, and replace its listeners and emit",
  async () => {
    await using server = await startPounce({ app: TRACED, config: { workers: 1 } });
    await server.logs.waitFor("replaced");
    expect((await ask(server, "/")).text).toBe("new, 1");
  },
  LIMIT_MS,
);

/** A server for itself, on any port, comes first; what is served asks that one. */
const INNER = `import http from "node:http";
const inner = http.createServer((request, response) => response.end("inner"));
inner.listen(0, "127.0.0.1", async () => {
  const { port } = inner.address();
  await new Promise((resolve) => setTimeout(resolve, 50));
  http
    .createServer(async (request, response) => {
      response.end("asked " + (await (await fetch("http://127.0.0.1:" + port)).text()));
    })
    .listen(Number(process.env.PORT));
});`;

test.concurrent(
  "a program that has a server for itself on any port finds it where it says it is",
  async () => {
    await using server = await startPounce({
      app: INNER,
      config: { workers: 2, port: await freePort() },
    });
    expect((await ask(server, "/")).text).toBe("asked inner");
  },
  LIMIT_MS,
);

test.concurrent(
  "a main server that comes a while after one for something else is served",
  async () => {
    const [port, other] = [freePort(), freePort()];
    const app = `import http from "node:http";
      const answer = (text) => http.createServer((request, response) => response.end(text));
      answer("metrics").listen(${other}, "127.0.0.1");
      setTimeout(() => answer("main").listen(process.env.PORT), 100);`;
    await using server = await startPounce({ app, config: { workers: 1, port } });
    expect((await ask(server, "/")).text).toBe("main");
    expect(await (await fetch(`http://127.0.0.1:${other}/`)).text()).toBe("metrics");
  },
  LIMIT_MS,
);

test.concurrent(
  "the timeouts of a program's server end no connection between two requests",
  async () => {
    const app = `import http from "node:http";
      const server = http.createServer((request, response) => response.end("hi"));
      server.setTimeout(200);
      server.keepAliveTimeout = 200;
      server.listen(3000);`;
    const config = { workers: 1, keep_alive_timeout: 1 };
    await using server = await startPounce({ app, config });
    using wire = await open(server);
    const askedMs = performance.now();
    await wire.get("/").until(({ text }) => text.endsWith("hi"));
    expect(await wire.ended).toBe("eof");
    expect(performance.now() - askedMs).toBeGreaterThan(700);
  },
  LIMIT_MS,
);

/** Answers upgrades as a library for WebSockets does, and says what clients send. */
const SOCKETS = `import http from "node:http";
import { createHash } from "node:crypto";
const limits = { headersTimeout: 300, connectionsCheckingInterval: 50 };
const server = http.createServer(limits, (request, response) => {
  if (request.url === "/throw") throw new Error("thrown on purpose");
  if (request.url === "/reject") return Promise.reject(new Error("rejected on purpose"));
  if (request.url === "/after") return answerAndReject(response);
  if (request.url.startsWith("/lost")) return void Promise.reject(new Error("lost on purpose"));
  if (request.url === "/close") server.close();
  if (request.url === "/never") return console.log("waits");
  response.end(request.headers["x-request-id"] ?? "v0");
});
async function answerAndReject(response) {
  response.end("answered");
  await new Promise((resolve) => setTimeout(resolve, 50));
  throw new Error("after the answer");
}
server.on("upgrade", (request, socket) => {
  const key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = createHash("sha1").update(key).digest("base64");
  socket.on("error", () => undefined);
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n" +
    "Connection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n");
});
server.listen(3000);`;

const LISTENS_FOR_ERRORS = `for (const name of ["unhandledRejection", "uncaughtException"]) {
  process.on(name, (error) => console.log("own", name, error.message));
}
`;

/** Answers with the events of its server, and how it is. */
const REOPENED = `import http from "node:http";
const events = [];
const server = http.createServer((request, response) => {
  const say = () => response.end(JSON.stringify(
    [...events.splice(0), { listening: server.listening, address: server.address() }]));
  if (request.url === "/close") server.close();
  if (request.url === "/listen") server.listen(3000, say);
  else say();
});
for (const event of ["listening", "close", "error"]) server.on(event, () => events.push(event));
server.listen(3000);
process.on("SIGTERM", () =>
  server.close((error) => console.log("closed at the end: " + (error ?? null))));`;

const start = (app: string, config: Config = {}): Promise<ServerProcess> =>
  startPounce({ app, config: { workers: 1, ...config } });

const open = (server: ServerProcess): Promise<Wire> =>
  Wire.open({ host: "127.0.0.1", port: server.port });

describe("on node:http", () => {
  test.concurrent(
    "a WebSocket is closed with 1012 at a reload",
    async () => {
      await using server = await start(SOCKETS);
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`);
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", reject);
      });
      const closed = new Promise<CloseEvent>((resolve) =>
        socket.addEventListener("close", resolve),
      );
      await server.reload();
      const { code, reason } = await closed;
      expect([code, reason]).toEqual([1012, "Service Restart"]);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "what a listener throws or rejects is a 500, with method and path in the log",
    async () => {
      await using server = await start(SOCKETS);
      for (const [path, words] of [
        ["/throw", "thrown on purpose"],
        ["/reject", "rejected on purpose"],
      ] as const) {
        const reply = await ask(server, path);
        expect([reply.status, JSON.parse(reply.text).status]).toEqual([500, 500]);
        await server.waitForLog(`GET ${path}: the app threw: Error: ${words}`);
      }
      expect((await ask(server, "/after")).text).toBe("answered");
      await server.waitForLog("GET /after: the app threw: Error: after the answer");
      expect(server.logs.matching("Replacing worker")).toHaveLength(0);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "an error that belongs to no request names those in flight, which get 503 at the deadline",
    async () => {
      await using server = await start(SOCKETS, { reload_timeout: 1 });
      using wire = await open(server);
      wire.get("/lost?secret=1");
      await server.waitForLog(
        "the app threw outside a request (in flight: GET /lost): Error: lost on purpose",
      );
      await server.waitForLog("Replacing worker 0");
      await wire.until(({ isWhole }) => isWhole);
      expect(wire.head).toStartWith("HTTP/1.1 503 Service Unavailable");
    },
    LIMIT_MS,
  );

  test.concurrent(
    "a program that listens for uncaught errors gets what its listener throws and rejects",
    async () => {
      await using server = await start(LISTENS_FOR_ERRORS + SOCKETS);
      using first = await open(server);
      using second = await open(server);
      first.get("/throw");
      await server.waitForLog("own uncaughtException thrown on purpose");
      second.get("/reject");
      await server.waitForLog("own unhandledRejection rejected on purpose");
      expect(server.logs.matching("the app threw")).toHaveLength(0);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "a request that the program does not answer gets 503 at the deadline, and is in the receipt",
    async () => {
      await using server = await start(SOCKETS, { reload_timeout: 1.5 });
      using wire = await open(server);
      wire.get("/never");
      await server.waitForLog("waits");
      await server.reload();
      await wire.until(({ isWhole }) => isWhole);
      expect(wire.head).toStartWith("HTTP/1.1 503 Service Unavailable");
      expect(server.logs.matching("Receipt").join()).toContain('"path":"/never"');
    },
    LIMIT_MS,
  );

  test.concurrent(
    "a server that the program closes is served on, and the log says so once",
    async () => {
      await using server = await start(SOCKETS);
      await ask(server, "/close");
      await ask(server, "/close");
      expect((await ask(server, "/")).text).toBe("v0");
      using slow = await open(server);
      slow.send("GET / HTTP/1.1\r\n");
      await slow.until(({ text }) => text.startsWith("HTTP/1.1 408"));
      expect(server.logs.matching("called stop() or close() on its server")).toHaveLength(1);
      await server.stop();
      expect(server.logs.matching("called stop() or close() on its server")).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "a program that closes its server and listens again sees what it asks for, and is served on",
    async () => {
      await using server = await start(REOPENED);
      const say = async (path: string): Promise<unknown[]> =>
        JSON.parse((await ask(server, path)).text) as unknown[];
      const address = { address: "127.0.0.1", family: "IPv4", port: server.port };
      const opened = { listening: true, address };
      expect(await say("/")).toEqual(["listening", opened]);
      for (const _ of [1, 2]) {
        const closed = { listening: false, address: null };
        expect(await say("/close")).toEqual([closed]);
        let after = await say("/");
        while (after.length === 1) after = await say("/");
        expect(after).toEqual(["close", closed]);
        expect(await say("/listen")).toEqual(["listening", opened]);
      }
      expect(await say("/")).toEqual([opened]);
      await server.stop();
      expect(server.logs.text()).toContain("closed at the end: null");
    },
    LIMIT_MS,
  );

  test.concurrent(
    "requests get ids, are logged once they have ended, and counted",
    async () => {
      const log = { access: "access.log", access_format: "json" };
      await using server = await start(SOCKETS, {
        request_id: true,
        health_check_path: "/health",
        trusted_proxies: ["127.0.0.1"],
        log,
      });
      using wire = await open(server);
      wire.send(
        "GET /path?a=b HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: from-proxy\r\n" +
          "User-Agent: tester\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n",
      );
      await wire.until(({ isWhole }) => isWhole);
      expect(wire.text).toContain("\r\nx-request-id: from-proxy\r\n");
      expect(wire.text).toEndWith("from-proxy");
      expect((await ask(server, "/health")).text).toContain('"status":"ok"');
      await server.stop();
      const lines = await Bun.file(join(server.dir, "access.log")).text();
      const entry: unknown = JSON.parse(lines.split("\n", 1)[0] ?? "");
      expect(entry).toMatchObject({
        method: "GET",
        status: 200,
        bytes: 10,
        client: "192.0.2.7",
        user_agent: "tester",
        request_id: "from-proxy",
      });
    },
    LIMIT_MS,
  );
});

describe("a version is rejected, and the old one serves on, if the program", () => {
  const LISTENS = 'import http from "node:http"; http.createServer(() => {}).listen(3000);';
  test.concurrent.each([
    ["throws before it listens", `throw new Error("first");${LISTENS}`, /Error: first/],
    ["rejects right after it listens", `${LISTENS}Promise.reject(new Error("then"));`, /then/],
    [
      "fails a moment later",
      `${LISTENS}setTimeout(() => { throw new Error("late"); }, 5);`,
      /late/,
    ],
    [
      "exits a moment later",
      `${LISTENS}setTimeout(() => process.exit(3), 5);`,
      /^\[ERROR\] app \.\/app\.ts ended its process: .*process\.exit\(3\)[^]*app\.ts:1:/m,
    ],
    [
      "loads what answers after it has listened, and fails",
      `${LISTENS}setTimeout(() => {
         for (const end = performance.now() + 60; performance.now() < end;);
         setTimeout(() => { throw new Error("loaded"); });
       });`,
      /Error: loaded/,
    ],
    [
      "ends TLS itself",
      "Bun.serve({ tls: { key: 'k', cert: 'c' }, fetch() {} });",
      /ends TLS itself/,
    ],
  ])(
    "%s",
    async (_claim, app, expected) => {
      await using server = await start(NODE);
      await server.writeApp(app);
      expect((await server.reloadThatFails()).join("\n")).toMatch(expected);
      expect((await ask(server, "/")).text).toBe("v0 /");
    },
    LIMIT_MS,
  );
});

describe("of several servers of a program", () => {
  test.concurrent(
    "none is served if the module exports an app a moment later",
    async () => {
      const app = `const at = { hostname: "127.0.0.1", port: ${freePort()} };
        Bun.serve({ ...at, fetch: () => new Response("own") });
        await new Promise((resolve) => setTimeout(resolve, 50));
        export default { fetch: () => new Response("exported") };`;
      await using server = await start(app);
      expect((await ask(server, "/")).text).toBe("exported");
    },
    LIMIT_MS,
  );

  test.concurrent.each([
    ["the one on PORT", "port: process.env.PORT,"],
    ["the one of Bun.serve without a port", ""],
  ])(
    "%s is served, and the others keep their ports, also in all workers",
    async (_which, port) => {
      const [metrics, main] = [freePort(), freePort()];
      const app = `import http from "node:http";
        http.createServer((_, response) => response.end("metrics")).listen(${metrics}, "127.0.0.1");
        Bun.serve({ ${port} fetch: () => new Response("main") });`;
      await using server = await start(app, { workers: 2, port: main });
      expect((await ask(server, "/")).text).toBe("main");
      expect(await (await fetch(`http://127.0.0.1:${metrics}/`)).text()).toBe("metrics");
      expect(server.logs.matching(`also opens port ${metrics} itself`)).toHaveLength(1);
      await server.reload();
      expect(await (await fetch(`http://127.0.0.1:${metrics}/`)).text()).toBe("metrics");
    },
    LIMIT_MS,
  );

  test.concurrent(
    "a program of Bun.serve upgrades connections to each of several addresses",
    async () => {
      const app = `Bun.serve({
        fetch: (request, server) => server.upgrade(request) ? undefined : new Response("plain"),
        websocket: { open: (socket) => void socket.send("hello") },
      });`;
      const host = ["127.0.0.1", "127.0.0.2"];
      await using server = await start(app, { host, port: freePort() });
      for (const one of [...host, ...host]) {
        const socket = new WebSocket(`ws://${one}:${server.port}/`);
        const said = await new Promise((resolve, reject) => {
          socket.addEventListener("message", ({ data }) => resolve(data));
          socket.addEventListener("close", ({ code }) => reject(new Error(`closed: ${code}`)));
        });
        expect(said).toBe("hello");
        socket.close();
      }
    },
    LIMIT_MS,
  );

  test.concurrent(
    "an exported app is served beside a server with a port of its own",
    async () => {
      const own = freePort();
      const app = `const at = { hostname: "127.0.0.1", port: ${own} };
        Bun.serve({ ...at, fetch: () => new Response("own") });
        export default { fetch: () => new Response("exported") };`;
      await using server = await start(app);
      expect((await ask(server, "/")).text).toBe("exported");
      expect(await (await fetch(`http://127.0.0.1:${own}/`)).text()).toBe("own");
    },
    LIMIT_MS,
  );
});

const WAITS = `import http from "node:http";
import { existsSync } from "node:fs";
export const shutdown = () => console.log("drains");
http.createServer((request, response) => {
  console.log("asked");
  const timer = setInterval(() => {
    if (!existsSync("go")) return;
    clearInterval(timer);
    response.end("gone on");
  }, 10);
}).listen(3000);`;

test.concurrent(
  "the answer to a request from before the drain closes its connection too",
  async () => {
    await using server = await startPounce({ app: WAITS, config: { workers: 1 } });
    const waiting = ask(server, "/");
    await server.waitForLog("asked");
    await server.steer();
    await server.waitForLog("drains");
    await server.write("go", "");
    expect(await waiting).toMatchObject({ text: "gone on", closes: true });
  },
  60_000,
);

test.concurrent(
  "a version whose main server comes when another one has been chosen is rejected",
  async () => {
    // Each worker chooses after two seconds: the first one's main server comes as the second waits.
    const app = `const other = Bun.serve({ port: ${freePort()}, fetch: () => new Response("other") });
      const port = Number(process.env["PO" + "RT"]);
      const main = () => Bun.serve({ port, fetch: other.fetch });
      setTimeout(() => { try { main() } catch { console.log("caught") } }, 3000);`;
    const { code, stderr } = await runPounce({ app, config: { workers: 2, port: freePort() } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[ERROR\] .*starts its server for port \d+ only now/);
  },
  60_000,
);
