// The limits of a worker, with small values: what a client gets that exceeds one, what the app is
// told, what is counted, and that nobody else is harmed.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import {
  ask,
  exchange,
  idleConnection,
  RawSocket,
  readReply,
  type Reply,
} from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

const MOST_BYTES = 100_000;
const CONFIG = {
  control_socket: "control.sock",
  workers: 1,
  request_timeout: "300ms",
  request_id: true,
  log: { access: "stdout" },
  limits: { max_request_size: MOST_BYTES, header_timeout: 1 },
};

const APP = `const opened = [];
export default {
  websocket: { open: (socket) => opened.push(socket), message: () => undefined },
  async fetch(request, server) {
    if (server.upgrade(request)) return;
    const { pathname } = new URL(request.url);
    if (pathname === "/read") return new Response(String((await request.bytes()).length));
    if (pathname === "/slow") {
      await new Promise((_, reject) => request.signal.addEventListener("abort", () => {
        console.log("aborted: " + request.signal.reason.name);
        reject(request.signal.reason);
      }));
    }
    if (pathname === "/stream") {
      return new Response(new ReadableStream({ async start(controller) {
        controller.enqueue("first ");
        await Bun.sleep(900);
        controller.enqueue("last");
        controller.close();
      } }));
    }
    return new Response("answer");
  },
};`;

const PROGRAM = `import { createServer } from "node:http";
createServer(async (request, response) => {
  if (request.url === "/read") {
    let bytes = 0;
    for await (const part of request) bytes += part.length;
    return response.end(String(bytes));
  }
  if (request.url === "/slow") {
    await Bun.sleep(700);
    response.setHeader("x", "y").writeHead(200);
    console.log("late: " + response.headersSent);
    return response.end("late");
  }
  if (request.url === "/stream") {
    response.write("first ");
    return setTimeout(() => response.end("last"), 900);
  }
  response.end("answer");
}).listen(3000);`;

let servers: Record<string, ServerProcess>;
beforeAll(async () => {
  const [fetch, node] = await Promise.all([
    startPounce({ app: APP, config: CONFIG }),
    startPounce({ app: PROGRAM, config: CONFIG }),
  ]);
  servers = { fetch, node };
});
afterAll(stopAllServers);

async function counted(server: ServerProcess, reason: string): Promise<number> {
  const unix = join(server.dir, "control.sock");
  const text = await (await fetch("http://pounce/metrics", { unix })).text();
  const series = `pounce_http_rejected_total{reason="${reason}"} `;
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(series))
      ?.slice(series.length),
  );
}

function expectProblem(reply: Reply, status: number, title: string): void {
  expect(reply.status).toBe(status);
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(JSON.parse(reply.text)).toEqual({ title, status });
}

/** A body in chunks, sent as far as the server takes it. */
function chunks(bytes: number): string {
  const chunk = "x".repeat(10_000);
  return `${`2710\r\n${chunk}\r\n`.repeat(bytes / 10_000)}0\r\n\r\n`;
}

/** Sends a head that never ends, a byte each 100 ms; the answer to that. */
async function trickle(socket: RawSocket): Promise<Reply> {
  const startedMs = performance.now();
  socket.send("GET / HTTP/1.1\r\nHost: a\r\nx: ");
  while (!(await socket.isReadable(performance.now() + 100))) {
    if (performance.now() - startedMs > 15_000) throw new Error("nothing has come of it");
    socket.send("x");
  }
  expect(performance.now() - startedMs).toBeGreaterThan(990);
  return readReply(socket, performance.now() + 5_000);
}

describe.each(["fetch", "node"])("%s:", (name) => {
  const server = (): ServerProcess => servers[name] as ServerProcess;

  /** Sends a whole request, whatever comes back. */
  async function upload(head: string, body: string): Promise<Reply> {
    using socket = await RawSocket.connect("127.0.0.1", server().port);
    socket.send(`POST /read HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${body}`);
    return await readReply(socket, performance.now() + 10_000);
  }

  test.concurrent(
    "a body of up to max_request_size is read, with its length or in chunks",
    async () => {
      const [known, chunked] = await Promise.all([
        upload(`Content-Length: ${MOST_BYTES}`, "x".repeat(MOST_BYTES)),
        upload("Transfer-Encoding: chunked", chunks(MOST_BYTES)),
      ]);
      expect([known.text, chunked.text]).toEqual(Array(2).fill(String(MOST_BYTES)));
    },
  );

  test.concurrent(
    "a larger one gets 413, which the client can read while it sends 20 MB more",
    async () => {
      const bytes = 20_000_000;
      const before = await counted(server(), "body_size");
      const replies = await Promise.all([
        upload(`Content-Length: ${bytes}`, "x".repeat(bytes)),
        upload("Transfer-Encoding: chunked", chunks(bytes)),
      ]);
      for (const reply of replies) {
        expectProblem(reply, 413, "Payload Too Large");
        expect(reply.headers.get("connection")?.toLowerCase()).toBe("close");
      }
      expect((await counted(server(), "body_size")) - before).toBe(2);
      await server().waitForLog(
        /POST \/read: its body is larger than \d+ \(limits\.max_request_size, .*: the client got 413/,
      );
    },
  );

  test.concurrent(
    "a request past request_timeout gets 504, and its connection serves on",
    async () => {
      using socket = await RawSocket.connect("127.0.0.1", server().port);
      const reply = await exchange(socket, { path: "/slow" });
      expectProblem(reply, 504, "Gateway Timeout");
      expect(await counted(server(), "request_timeout")).toBe(1);
      const id = reply.headers.get("x-request-id");
      await server().waitForLog(
        `GET /slow: not answered within 300ms (request_timeout): the client got 504 (request ${id})`,
      );
      await server().waitForLog(name === "fetch" ? "aborted: TimeoutError" : "late: true");
      await server().waitForLog('"GET /slow HTTP/1.1" 504');
      expect((await exchange(socket, { path: "/" })).text).toBe("answer");
      // What the handler did afterwards is no error.
      expect(server().logs.text()).not.toMatch(/\[ERROR\]/);
    },
  );

  test.concurrent(
    "a head that takes longer than header_timeout gets 408, the first and a later one",
    async () => {
      const before = await counted(server(), "header_timeout");
      using first = await RawSocket.connect("127.0.0.1", server().port);
      using later = await RawSocket.connect("127.0.0.1", server().port);
      await exchange(later, { path: "/" });
      const replies = await Promise.all([first, later].map(trickle));
      for (const reply of replies) expectProblem(reply, 408, "Request Timeout");
      const both = async () => (await counted(server(), "header_timeout")) - before === 2;
      await until("both are counted", both);
    },
  );

  test.concurrent("a response that has begun by then is sent to its end", async () => {
    expect((await ask(server(), "/stream")).text).toBe("first last");
  });
});

test.concurrent(
  "whoever sends on a WebSocket and hears nothing is not taken for a slow head",
  async () => {
    const { port } = servers["fetch"] as ServerProcess;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    let closed = false;
    socket.addEventListener("close", () => (closed = true));
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    for (let sent = 0; sent < 35; sent++) {
      socket.send("x");
      await Bun.sleep(100);
    }
    expect(closed).toBe(false);
    socket.close();
  },
);

const FEW = {
  control_socket: "control.sock",
  keep_alive_timeout: 60,
  health_check_path: "/health",
};

test.concurrent(
  "a worker that has max_connections refuses others, but not health checks",
  async () => {
    const config = { ...FEW, workers: 1, limits: { max_connections: 5 } };
    await using server = await startPounce({ config });
    const open = await Promise.all(Array.from({ length: 5 }, () => idleConnection(server)));
    await server.waitForLog("all 5 connections are in use (limits.max_connections)");
    const refused = await firstRefusal(server);
    expectProblem(refused, 503, "Service Unavailable");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.headers.get("connection")).toBe("close");
    // It is counted after it has been answered.
    await until("it is counted", async () => (await counted(server, "connections")) === 1);
    const health = await ask(server, "/health");
    expect([health.status, JSON.parse(health.text).status]).toEqual([200, "ok"]);
    const [first, ...others] = open;
    first?.close();
    await untilServed(server);
    for (const socket of others) expect((await exchange(socket, { path: "/" })).status).toBe(200);
  },
);

test.concurrent(
  "as long as another worker has room, it gets the connections of one that is full",
  async () => {
    const config = { ...FEW, workers: 2, limits: { max_connections: 5 } };
    await using server = await startPounce({ config });
    const open: RawSocket[] = [];
    for (;;) {
      const socket = await RawSocket.connect("127.0.0.1", server.port);
      if ((await exchange(socket, { path: "/" })).status === 503) break;
      open.push(socket);
      await Bun.sleep(40);
    }
    expect(open.length).toBeGreaterThanOrEqual(10);
    for (const socket of open) socket.close();
  },
);

/** Asks on new connections until one is refused, and closes them. */
async function firstRefusal(server: ServerProcess): Promise<Reply> {
  for (;;) {
    const reply = await ask(server, "/");
    if (reply.status !== 200) return reply;
  }
}

async function untilServed(server: ServerProcess): Promise<void> {
  while ((await ask(server, "/")).status !== 200) await Bun.sleep(20);
}
