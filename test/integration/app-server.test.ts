// What an app does to the server object that its handlers get.
import { afterAll, expect, test } from "bun:test";
import { ask } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

/** At "/swap" it puts other handlers in place of its own, and wants the server to stop. */
const SWAPS = `
export default {
  async fetch(request, server) {
    if (!request.url.endsWith("/swap")) return new Response("first");
    server.reload({
      routes: {
        "/route": () => new Response("a route"),
        "/static": new Response("static"),
        "/throws": () => { throw new Error("of the second") },
      },
      fetch: async (again, its) => {
        await Bun.sleep(Number(new URL(again.url).searchParams.get("ms")));
        return new Response("second on " + its.port + " for " + its.requestIP(again).address);
      },
      error: (error) => new Response("answered for " + error.message, { status: 418 }),
    });
    await server.stop();
    await server.stop(true);
    server.unref();
    server.ref();
    server.closeIdleConnections();
    server.timeout(request, 30);
    return new Response("swapped");
  },
};
`;

test.concurrent(
  "handlers that an app puts in place are served, drained and marked as those before; stop() is ignored",
  async () => {
    await using server = await startPounce({ app: SWAPS, config: { workers: 1 } });
    expect((await ask(server, "/")).text).toBe("first");
    expect((await ask(server, "/swap")).text).toBe("swapped");
    const second = `second on ${server.port} for 127.0.0.1`;
    expect((await ask(server, "/")).text).toBe(second);
    expect((await ask(server, "/route")).text).toBe("a route");
    expect((await ask(server, "/static")).text).toBe("static");
    expect(await ask(server, "/throws")).toMatchObject({
      status: 418,
      text: "answered for of the second",
    });
    const ignored = server.logs
      .messages()
      .filter((line) => line.includes("called stop() or close()"));
    expect(ignored).toHaveLength(1);

    const slow = ask(server, "/?ms=1500");
    await Bun.sleep(100);
    await server.writeApp('export default () => new Response("third");');
    await server.reload();
    expect(await slow).toMatchObject({ status: 200, text: second });
    expect((await ask(server, "/")).text).toBe("third");
    expect(server.logs.text()).not.toContain("[ERROR]");
  },
  60_000,
);

test.concurrent(
  "what is published to a topic reaches the WebSockets of every address",
  async () => {
    const app = `
      export default {
        fetch(request, server) {
          if (server.upgrade(request)) return;
          server.publish("topic", "published");
          return new Response(String(server.subscriberCount("topic")));
        },
        websocket: { open: (ws) => { ws.subscribe("topic"); ws.send("open") }, message() {} },
      };
    `;
    const config = { workers: 1, host: ["127.0.0.1", "127.0.0.2"] };
    await using server = await startPounce({ app, config });
    const sockets = ["127.0.0.1", "127.0.0.2"].map((host) => {
      const heard = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const socket = new WebSocket(`ws://${host}:${server.port}/`);
      socket.addEventListener("message", ({ data }) => heard[data === "open" ? 0 : 1].resolve());
      return { socket, open: heard[0].promise, published: heard[1].promise };
    });
    await Promise.all(sockets.map(({ open }) => open));
    expect((await ask(server, "/")).text).toBe("2");
    await Promise.all(sockets.map(({ published }) => published));
    for (const { socket } of sockets) socket.close();
  },
  60_000,
);

const ASKS = `{
  port: process.env.PORT,
  async fetch(request, server) {
    const { pathname } = new URL(request.url);
    if (pathname !== "/ask") return new Response("at " + pathname);
    const answer = await server.fetch("/itself");
    return new Response(await answer.text() + ", " + answer.headers.get("connection"));
  },
}`;

test.concurrent.each([
  ["an app", `export default ${ASKS};`],
  ["a program", `Bun.serve(${ASKS});`],
])(
  "%s may ask itself by server.fetch, also while it drains",
  async (_which, app) => {
    await using server = await startPounce({ app, config: { workers: 1 } });
    const answer = "at /itself, null";
    expect((await ask(server, "/ask")).text).toBe(answer);
    using wire = await Wire.open({ host: "127.0.0.1", port: server.port });
    await wire.get("/").until(({ text }) => text.endsWith("at /"));
    server.hup();
    await server.waitForLog("Draining old workers");
    for (let count = 1; !/connection: close/i.test(wire.text); count++) {
      await wire.get("/ask").until(({ text }) => text.split(answer).length > count);
    }
    await wire.ended;
  },
  60_000,
);
