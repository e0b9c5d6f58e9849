// That a method of all WebSockets of Bun can be replaced, and what is published then reaches those
// of all servers, each once.
import { expect, test } from "bun:test";
import { publishToAll } from "../../../src/worker/connections/one-topic-space.ts";

test("what a WebSocket publishes reaches those of all servers, but not itself", async () => {
  const owners = new WeakMap<object, Bun.Server<undefined>>();
  const opened: Bun.ServerWebSocket[] = [];
  const servers = [0, 1].map(() =>
    Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response()),
      websocket: {
        open(socket) {
          socket.subscribe("topic");
          opened.push(socket);
        },
        message() {},
      },
    }),
  );
  const connect = async (server: Bun.Server<undefined>): Promise<string[]> => {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    const got: string[] = [];
    client.addEventListener("message", ({ data }) => void got.push(String(data)));
    await new Promise((resolve) => void client.addEventListener("open", resolve));
    owners.set(opened.at(-1) as object, server);
    return got;
  };
  const got = [];
  for (const server of [...servers, ...servers]) got.push(await connect(server));
  const [first] = opened as [Bun.ServerWebSocket];
  const prototype = Object.getPrototypeOf(first) as object;
  const own = Reflect.get(prototype, "publish") as unknown;
  const told: unknown[] = [];
  publishToAll(prototype, {
    serverOf: (socket) => owners.get(socket),
    servers: () => servers,
    onPublished: (...args) => told.push(args),
  });
  first.publish("topic", "hello");
  expect(told).toEqual([["topic", "hello"]]);
  expect(() => first.publish("", "hello")).toThrow();
  owners.delete(first);
  // One of a server that is none of pounce's reaches its own.
  first.publish("topic", "by");
  expect(told).toHaveLength(1);
  for (let turns = 0; turns < 1000 && got.flat().length < 4; turns++) await Bun.sleep(10);
  expect(got).toEqual([[], ["hello"], ["hello", "by"], ["hello"]]);
  Reflect.set(prototype, "publish", own);
  await Promise.all(servers.map((server) => server.stop(true)));
});
