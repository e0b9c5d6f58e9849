// How WebSockets end whose clients do not answer the close frame of a drain, or are slow to.
import { afterAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** For one test, on a busy machine. */
const LIMIT_MS = 60_000;

/** Longer than Bun itself would keep what the kernel does not take. */
const LONGER_MS = 6_000;

/** More than the kernel keeps for a client that does not read. */
const BACKLOG = 16 * 1024 * 1024;

const BUN = `Bun.serve({
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response(),
  websocket: {
    idleTimeout: 0,
    backpressureLimit: ${2 * BACKLOG},
    open: (socket) => void socket.send("x".repeat(${BACKLOG})),
  },
});`;

/** What a library does not know is written in between frames: this needs none. */
const NODE = `import http from "node:http";
const server = http.createServer();
server.on("upgrade", (request, socket) => {
  socket.on("error", () => undefined).resume();
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n" +
    "Connection: Upgrade\\r\\n\\r\\n" + "x".repeat(${BACKLOG}));
});
server.listen(3000);`;

/** Many messages, of which the library counts what Bun still holds. */
const WS = `import http from "node:http";
import { WebSocketServer } from "ws";
const server = http.createServer();
new WebSocketServer({ server }).on("connection", (socket) => {
  const message = "x".repeat(8192);
  for (let sent = 0; sent < ${BACKLOG}; sent += message.length) socket.send(message);
});
server.listen(3000);`;

/** A client that sends nothing once it is connected, not even the end of the connection. */
function client({ port }: ServerProcess): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.write(
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  return socket;
}

describe.each([
  ["Bun.serve", BUN],
  ["node:http", NODE],
  ["ws", WS],
])("a WebSocket of %s whose client", (_name, app) => {
  test.concurrent(
    "answers nothing costs a reload seconds, not reload_timeout, and nothing is forced",
    async () => {
      await using server = await startPounce({ app, config: { reload_timeout: 12, workers: 1 } });
      using socket = disposable(client(server));
      let last = "";
      socket.it.on("data", (chunk: string) => void (last = (last + chunk).slice(-17)));
      await once(socket.it, "data");
      const { lines } = await server.reload();
      expect(lines).toContain("[INFO] Worker 0 (generation 0) is idle");
      expect(last).toBe("\x03\xf4Service Restart");
    },
    LIMIT_MS,
  );

  test.concurrent(
    "reads nothing for longer than that still gets all that was sent",
    async () => {
      await using server = await startPounce({ app, config: { reload_timeout: 12, workers: 1 } });
      using socket = disposable(client(server));
      await once(socket.it, "readable");
      const after = server.logs.mark();
      server.signal("SIGHUP");
      await server.waitForLog("Draining old workers", { after });
      await Bun.sleep(LONGER_MS);
      const all = await text(socket.it);
      expect(all.length).toBeGreaterThan(BACKLOG);
      expect(all.slice(-17)).toBe("\x03\xf4Service Restart");
      await server.waitForLog("[INFO] Worker 0 (generation 0) is idle", { after });
    },
    LIMIT_MS,
  );
});

function disposable(it: Socket): { it: Socket; [Symbol.dispose]: () => void } {
  it.setEncoding("latin1");
  return { it, [Symbol.dispose]: () => void it.destroy() };
}
