// Requests by HTTP/1.0 without a Host, as health checks and old clients send them: an app can do
// with them all that it can do with others.
import { afterAll, expect, test } from "bun:test";
import { RawSocket, readReply, type Reply } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const app = `
import { Hono } from "hono";
const hono = new Hono();
hono.get("/admin", (c) => c.text("the secret"));
hono.all("*", (c) => c.text(c.req.path + " of " + c.req.url));
const aborted = [];
export default {
  routes: {
    "/copies": (request) =>
      Response.json([
        request.clone().url,
        request.clone().clone().url,
        new Request(request).url,
        new Request(request.url, request).url,
      ]),
    "/peer": (request, server) => Response.json(server.requestIP(request)),
    "/upload": async (request) => new Response(await request.text()),
    "/leaves": (request) => {
      request.signal.addEventListener("abort", () => aborted.push(request.url));
      console.log("waiting");
      return new Promise(() => {});
    },
    "/aborted": () => Response.json(aborted),
    "/slow": async (request, server) => {
      server.timeout(request, 20);
      await Bun.sleep(50);
      return new Response(request.url);
    },
    "/socket": (request, server) => server.upgrade(request, { data: request.url }) ? undefined : new Response("no"),
  },
  websocket: { open: (socket) => socket.send(socket.data), message() {} },
  fetch: hono.fetch,
};
`;

async function send(server: ServerProcess, head: string, body = ""): Promise<Reply> {
  using socket = await RawSocket.connect("127.0.0.1", server.port);
  socket.send(`${head}\r\n\r\n${body}`);
  return await readReply(socket, performance.now() + 10_000, head.split(" ", 1)[0]);
}

test("without a Host an app has a whole URL, and everything else of a request", async () => {
  const config = { workers: 1, health_check_path: "/health" };
  await using server = await startPounce({ app, config });
  const origin = `http://127.0.0.1:${server.port}`;
  const get = async (target: string): Promise<string> =>
    (await send(server, `GET ${target} HTTP/1.0`)).text;

  for (const path of ["/pub/admin", "//pub/admin", "/a?x=http://b/admin"]) {
    expect(await get(path)).toBe(`${path.split("?", 1)[0]} of ${origin}${path}`);
  }
  expect(JSON.parse(await get("/copies"))).toEqual(Array(4).fill(`${origin}/copies`));
  expect(JSON.parse(await get("/peer")).address).toBe("127.0.0.1");
  expect(await get("/slow")).toBe(`${origin}/slow`);
  expect(JSON.parse(await get("/health")).status).toBe("ok");
  expect((await send(server, "HEAD /health HTTP/1.0")).status).toBe(200);
  expect((await send(server, "OPTIONS / HTTP/1.0")).text).toBe(`/ of ${origin}/`);
  const post = "POST /upload HTTP/1.0\r\nContent-Length: 2";
  expect((await send(server, post, "hi")).text).toBe("hi");

  using leaving = await RawSocket.connect("127.0.0.1", server.port);
  leaving.send("GET /leaves HTTP/1.0\r\n\r\n");
  await server.waitForLog("waiting");
  leaving.close();
  await leaving.untilEnded(performance.now() + 5000);
  while ((await get("/aborted")) === "[]") await Bun.sleep(5);
  expect(JSON.parse(await get("/aborted"))).toEqual([`${origin}/leaves`]);

  using socket = await RawSocket.connect("127.0.0.1", server.port);
  const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  socket.send(
    `GET /socket HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`,
  );
  const deadlineMs = performance.now() + 5000;
  expect((await readReply(socket, deadlineMs)).status).toBe(101);
  const [, length = 0] = await socket.take(2, deadlineMs);
  expect(Buffer.from(await socket.take(length, deadlineMs)).toString()).toBe(`${origin}/socket`);
}, 60_000);
