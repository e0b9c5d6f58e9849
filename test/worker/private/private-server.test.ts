// The server of Bun that a draining worker asks what Bun would answer.
import { afterAll, expect, test } from "bun:test";
import { PrivateServer } from "../../../src/worker/private/private-server.ts";

const routes = { "/static": new Response("static", { headers: { "x-a": "1" } }) };
const server = new PrivateServer(routes, () => new Response("an error", { status: 500 }));
afterAll(() => server.stop());

const ask = (path: string, isLast = false): Promise<Response | undefined> =>
  server.ask(new Request(`http://host${path}`), {
    pattern: path,
    method: "GET",
    source: () => undefined,
    isLast,
  });

test("gives what Bun answers for a route of its own, marked if it is to be the last", async () => {
  const answer = await ask("/static", true);
  expect(await answer?.text()).toBe("static");
  const { headers } = answer ?? new Response();
  expect([headers.get("x-a"), headers.get("connection")]).toEqual(["1", "close"]);
  expect(headers.get("etag")).not.toBeNull();
  expect((await ask("/static"))?.headers.has("connection")).toBe(false);
});

test("says of a route that it does not have that it has none", async () => {
  expect(await ask("/none")).toBeUndefined();
});

test("gives what Bun makes of a response that cannot be sent", async () => {
  const used = new Response("text");
  await used.text();
  const { status, headers } = await server.send(new Request("http://host/"), used);
  expect([status, headers.get("connection")]).toEqual([500, "close"]);
});

test("answers more requests at a time than wait in the queue of a socket", async () => {
  const answers = await Promise.all(Array.from({ length: 2000 }, () => ask("/static")));
  expect(answers.every((answer) => answer?.status === 200)).toBe(true);
});

test("answers while the app has more requests going on than `fetch` makes at a time", async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const slow = Bun.serve({ port: 0, fetch: () => held.then(() => new Response()) });
  const requests = Array.from({ length: 300 }, () => fetch(slow.url));
  expect((await ask("/static"))?.status).toBe(200);
  letGo();
  await Promise.all(requests);
  await slow.stop(true);
});

test("listens from the first question on, and asks for what that takes then", async () => {
  const taken: string[] = [];
  const lazy = new PrivateServer(
    {},
    () => new Response(),
    (action) => {
      taken.push("descriptors");
      action();
    },
  );
  expect(taken).toEqual([]);
  for (const body of ["one", "two"]) {
    const answer = await lazy.send(new Request("http://host/"), new Response(body));
    expect(await answer.text()).toBe(body);
  }
  expect(taken).toEqual(["descriptors"]);
  lazy.stop();
});

test("a question fails while it cannot listen, and not after that", async () => {
  let isShort = true;
  const other = new PrivateServer(
    {},
    () => new Response(),
    (action) => {
      if (isShort) throw new Error("no more descriptors");
      action();
    },
  );
  const send = (): Promise<Response> => other.send(new Request("http://host/"), new Response("a"));
  await expect(send()).rejects.toThrow("no more descriptors");
  isShort = false;
  expect(await (await send()).text()).toBe("a");
  other.stop();
});
