// With which code a worker that drains closes its WebSockets, and how fast: at a reload paced, at a
// stop at once.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { DrivenWorker } from "../helpers/driven-worker.ts";
import { type Config, startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

afterAll(stopAllServers);

const BUN = `export default {
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response("no"),
  websocket: { message: (socket, text) => void socket.send(text) },
};`;

const WS = `import http from "node:http";
import { WebSocketServer } from "ws";
const server = http.createServer();
new WebSocketServer({ server }).on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data)));
});
server.listen(3000);`;

/** By hand: no library knows what speaks on it. */
const RAW = `import { createHash } from "node:crypto";
import http from "node:http";
const server = http.createServer();
server.on("upgrade", ({ headers }, socket) => {
  const key = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  socket.on("error", () => undefined).resume();
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n" +
    "Sec-WebSocket-Accept: " + createHash("sha1").update(key).digest("base64") + "\\r\\n\\r\\n");
});
server.listen(3000);`;

const RESTART = { type: "drain", reason: "reload", timeoutMs: 30_000, closeIdle: false } as const;
const STOP = { ...RESTART, reason: "stop" } as const;

/** How each has been closed, as `1012 Service Restart`, and when. */
class Clients {
  readonly closed: { readonly how: string; readonly atMs: number }[] = [];
  count = 0;

  constructor(readonly port: number) {}

  async open(count: number): Promise<this> {
    await Promise.all(Array.from({ length: count }, () => this.#openOne()));
    return this;
  }

  async #openOne(): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/`);
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed.push({ how: `${code} ${reason}`, atMs: performance.now() });
    });
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    this.count += 1;
  }

  async untilClosed(count = this.count): Promise<void> {
    await until(`${count} are closed`, () => this.closed.length >= count);
  }

  /** How many have been closed how. */
  get tally(): Record<string, number> {
    const by = Map.groupBy(this.closed, ({ how }) => how);
    return Object.fromEntries([...by].map(([how, all]) => [how, all.length]));
  }

  /** From the first to the last. */
  get spanMs(): number {
    return (this.closed.at(-1)?.atMs ?? 0) - (this.closed[0]?.atMs ?? 0);
  }
}

const serve = (config: Config = {}) => startPounce({ app: BUN, config: { workers: 1, ...config } });

async function start(app: string, config: Config = {}) {
  const worker = await DrivenWorker.start(app, config);
  return { worker, clients: new Clients(worker.port) };
}

describe.each([
  ["Bun.serve", BUN],
  ["ws on node:http", WS],
  ["no library on node:http", RAW],
])("WebSockets of %s", (_name, app) => {
  test.concurrent(
    "are closed one after another at a reload, with websocket.close_code",
    async () => {
      const { worker, clients } = await start(app, { websocket: { close_code: 4001 } });
      await using _ = worker;
      await clients.open(100);
      worker.send(RESTART);
      await clients.untilClosed();
      expect(clients.tally).toEqual({ "4001 Service Restart": 100 });
      // It is 990 ms; on a busy machine the first may be seen late.
      expect(clients.spanMs).toBeGreaterThan(200);
      await worker.heard("idle");
    },
  );

  test.concurrent(
    "that open meanwhile are closed soon, and at a stop all that are left, with 1001",
    async () => {
      const { worker, clients } = await start(app);
      await using _ = worker;
      await clients.open(300);
      worker.send({ ...RESTART, timeoutMs: 3_600_000 });
      await clients.untilClosed(1);
      const late = await new Clients(worker.port).open(1);
      await late.untilClosed();
      expect(late.tally).toEqual({ "1012 Service Restart": 1 });
      expect(clients.closed.length).toBeLessThan(300);
      worker.send({ ...STOP, timeoutMs: 100 });
      await clients.untilClosed();
      const { "1012 Service Restart": before = 0, "1001 Going Away": after = 0 } = clients.tally;
      expect(before + after).toBe(300);
      expect(after).toBeGreaterThan(0);
      await worker.heard("idle");
    },
  );
});

test.concurrent("the pace keeps to a third of the deadline, and nothing is forced", async () => {
  const { worker, clients } = await start(BUN);
  await using _ = worker;
  await clients.open(400);
  worker.send({ ...RESTART, timeoutMs: 1500 });
  await clients.untilClosed();
  expect(clients.tally).toEqual({ "1012 Service Restart": 400 });
  await worker.heard("idle");
  expect(worker.said.map(({ type }) => type)).not.toContain("forced");
});

describe("the WebSockets of a server", () => {
  test.concurrent("are closed with 1001 at a stop, at once", async () => {
    await using server = await serve({ websocket: { close_code: 4001 } });
    const clients = await new Clients(server.port).open(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await clients.untilClosed();
    expect(clients.tally).toEqual({ "1001 Going Away": 200 });
    // Paced it would be two seconds.
    expect(clients.spanMs).toBeLessThan(1500);
  });

  test.concurrent("are closed with close_code by a worker that is one too many", async () => {
    await using server = await serve({ workers: 2, websocket: { close_code: 1013 } });
    const clients = await new Clients(server.port).open(40);
    server.signal("SIGTTOU");
    await server.untilWorkers((found) => found.length === 1);
    expect(Object.keys(clients.tally)).toEqual(["1013 Service Restart"]);
    expect(clients.closed.length).toBeLessThan(40);
  });

  test.concurrent("are closed with close_code, at once, if the master dies", async () => {
    await using server = await serve();
    const clients = await new Clients(server.port).open(200);
    server.signal("SIGKILL");
    await clients.untilClosed();
    expect(clients.tally).toEqual({ "1012 Service Restart": 200 });
    expect(clients.spanMs).toBeLessThan(1500);
    await server.untilNothingIsLeft(20_000);
  });

  test.concurrent("are closed at once by pounce dev", async () => {
    await using server = await startPounce({ app: BUN, argv: ["dev", "./app.ts", "--port", "0"] });
    const clients = await new Clients(server.port).open(60);
    await server.writeApp(`${BUN}\n// changed`);
    await clients.untilClosed();
    expect(clients.tally).toEqual({ "1012 Service Restart": 60 });
    // Paced it would be 590 ms.
    expect(clients.spanMs).toBeLessThan(400);
  });
});
