// What Bun does with HTTP/2 without saying so, and the drain relies on: see
// src/worker/drain/http2-drain.ts.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { Http2Connection } from "../../helpers/http2-frames.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

function serve(fetch: Fetch): Bun.Server<undefined> {
  return Bun.serve({ port: 0, hostname: "127.0.0.1", http2: true, idleTimeout: 0, fetch });
}

const CLOSE = { headers: { connection: "close" } };

test("after Connection: close Bun ends HTTP/1.1, but HTTP/2 lives on", async () => {
  using server = serve(() => new Response("bye", CLOSE));
  using http2 = await Http2Connection.open(server.port ?? 0);
  const http1 = connect(server.port ?? 0, "127.0.0.1");
  const ended = new Promise((resolve) => http1.once("close", resolve));
  http1.resume().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await ended;
  expect(await http2.get("/")).toEqual({ status: 200, text: "bye", end: "whole" });
  expect(await http2.get("/")).toEqual({ status: 200, text: "bye", end: "whole" });
  expect(http2.ended).toBeUndefined();
});

test("stop() names the last stream at once, finishes it, and leaves later ones alone", async () => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  using server = serve(async () => {
    ask();
    await told;
    return new Response("late");
  });
  using client = await Http2Connection.open(server.port ?? 0);
  const open = client.request("/");
  await asked;
  void server.stop();
  await client.until(() => client.goneAway.length > 0);
  expect(client.goneAway).toEqual([{ last: open, code: 0 }]);
  const ignored = client.request("/");
  await client.pong();
  tell();
  expect(await client.answer(open)).toEqual({ status: 200, text: "late", end: "whole" });
  await client.until(() => client.ended !== undefined);
  expect(client.frames.filter(({ stream }) => stream === ignored)).toEqual([]);
});

test("a request has no sign of its protocol", async () => {
  const keys: string[][] = [];
  using server = serve((request) => {
    const own = Reflect.ownKeys(request).concat(Reflect.ownKeys(Object.getPrototypeOf(request)));
    keys.push([...own.map(String), ...request.headers.keys()]);
    return new Response("seen");
  });
  using client = await Http2Connection.open(server.port ?? 0);
  await client.get("/");
  const http1 = connect(server.port ?? 0, "127.0.0.1");
  const answered = new Promise((resolve) => http1.once("data", resolve));
  http1.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await answered;
  http1.destroy();
  expect(keys[0]).toEqual(keys[1] ?? []);
});
