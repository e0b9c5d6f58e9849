// WebSockets move to the new version whatever they are wrapped in.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { isUnix } from "../../src/net/address.ts";
import { RawWebSocket } from "../helpers/raw-websocket.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

/** Each answers a message with `VERSION` and the message, and has a topic that all are told. */
const APPS: Readonly<Record<string, string>> = {
  "Bun's own, on a route": `export default {
    routes: { "/chat/:room": (request, server) => {
      const { room } = request.params;
      return server.upgrade(request, { data: { room } }) ? undefined : new Response("no");
    } },
    fetch: () => new Response("elsewhere"),
    websocket: { message: (ws, text) => void ws.send("VERSION " + ws.data.room + " " + text) },
  };`,
  "an app that keeps the first server it sees": `let kept;
  export default {
    fetch(request, server) {
      kept ??= server;
      const room = new URL(request.url).pathname.split("/").at(-1);
      const data = { room, port: kept.requestIP(request)?.port };
      return kept.upgrade(request, { data }) ? undefined : new Response("no", { status: 426 });
    },
    websocket: {
      message: (ws, text) =>
        void ws.send(ws.data.port > 0 ? "VERSION " + ws.data.room + " " + text : "nobody"),
    },
  };`,
  "Hono's upgradeWebSocket": `import { Hono } from "hono";
  import { upgradeWebSocket, websocket } from "hono/bun";
  const app = new Hono();
  app.get("/chat/:room", upgradeWebSocket((c) => ({
    onMessage: (event, ws) => ws.send("VERSION " + c.req.param("room") + " " + event.data),
  })));
  export default { fetch: app.fetch, websocket };`,
  "Elysia's ws": `import { Elysia } from "elysia";
  export default new Elysia().ws("/chat/:room", {
    message: (ws, text) => void ws.send("VERSION " + ws.data.params.room + " " + text),
  });`,
  "Elysia that listens": `import { Elysia } from "elysia";
  new Elysia().ws("/chat/:room", {
    message: (ws, text) => void ws.send("VERSION " + ws.data.params.room + " " + text),
  }).listen(3000);`,
  "a program that calls Bun.serve": `const server = Bun.serve({
    port: 3000,
    fetch(request) {
      const room = new URL(request.url).pathname.split("/").at(-1);
      return server.upgrade(request, { data: { room } }) ? undefined : new Response("no");
    },
    websocket: { message: (ws, text) => void ws.send("VERSION " + ws.data.room + " " + text) },
  });`,
  "ws on a server of node:http": `import { createServer } from "node:http";
  import { WebSocketServer } from "ws";
  const server = createServer((request, response) => response.end("elsewhere"));
  new WebSocketServer({ server }).on("connection", (ws, request) => {
    ws.on("message", (text) => ws.send("VERSION " + request.url.split("/").at(-1) + " " + text));
  });
  server.listen(3000);`,
  "ws behind Express, with handleUpgrade and a check that takes its time": `import express from "express";
  import { WebSocketServer } from "ws";
  const app = express().get("/", (request, response) => void response.send("elsewhere"));
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on("connection", (ws, request) => {
    ws.on("message", (text) => ws.send("VERSION " + request.url.split("/").at(-1) + " " + text));
  });
  app.listen(3000).on("upgrade", (request, socket, head) => {
    setTimeout(() => {
      sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws, request));
    }, 20);
  });`,
};

test.concurrent.each(Object.entries(APPS))("%s", async (_name, app) => {
  const config = { workers: 1, reload_timeout: 10, websocket: { on_reload: "carry" } };
  await using server = await startPounce({ app: app.replaceAll("VERSION", "v0"), config });
  const { endpoint } = server;
  if (isUnix(endpoint)) throw new Error("it listens on a Unix socket");
  await using client = await RawWebSocket.open({ port: endpoint.port, path: "/chat/blue" });
  client.send("a");
  expect(await client.text()).toBe("v0 blue a");
  for (const version of ["v1", "v2"]) {
    await server.writeApp(app.replaceAll("VERSION", version));
    await server.reload();
    client.send("b");
    expect(await client.text()).toBe(`${version} blue b`);
    await using other = await RawWebSocket.open({ port: endpoint.port, path: "/chat/red" });
    other.send("c");
    expect(await other.text()).toBe(`${version} red c`);
  }
});
