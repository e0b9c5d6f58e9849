// What pounce uses of Bun's node:http that nobody documents: if one of these fails with a new Bun,
// programs on node:http are not captured as they should be.
import { afterAll, expect, test } from "bun:test";
import http from "node:http";
import { nodeServerOf } from "../../../src/worker/program/node-http.ts";

const serve = Bun.serve;
afterAll(() => void Reflect.set(Bun, "serve", serve));

type Options = Record<string, unknown> & { onNodeHTTPRequest(...args: unknown[]): unknown };

function unseen(options: Options): Bun.Server<unknown> {
  const { onNodeHTTPRequest } = options;
  return serve({ onNodeHTTPRequest, port: 0, hostname: "127.0.0.1" } as never);
}

function kRealListen(server: http.Server): (...args: unknown[]) => void {
  const symbols = Object.getOwnPropertySymbols(http.Server.prototype);
  const symbol = symbols.find(({ description }) => description === "kRealListen") as symbol;
  return (Reflect.get(server, symbol) as (...args: unknown[]) => void).bind(server);
}

function replaced(): never {
  throw new Error("replaced");
}

test("Bun.serve can be replaced, and import and require of bun see it", async () => {
  Reflect.set(Bun, "serve", replaced);
  const { serve: imported } = await import("bun");
  expect([Bun.serve, imported]).toEqual([replaced, replaced] as never);
});

test("listen of node:http calls Bun.serve at once, and says afterwards which server it was", async () => {
  let facade: Bun.Server<unknown> | undefined;
  Reflect.set(Bun, "serve", (options: Options) => (facade = unseen(options)));
  const server = http.createServer();
  const listening = new Promise<void>((resolve) => void server.once("listening", resolve));
  server.listen(1);
  expect(facade).toBeDefined();
  await listening;
  const values = Object.getOwnPropertySymbols(server).map((it) => Reflect.get(server, it));
  expect(values).toContain(facade as never);
  server.close();
});

test("a server of node:http passes itself to process.nextTick when it has called Bun.serve", () => {
  let facade: Bun.Server<unknown> | undefined;
  let found: Promise<http.Server | undefined> | undefined;
  Reflect.set(Bun, "serve", (options: Options) => {
    facade = unseen(options);
    found = nodeServerOf(facade);
    return facade;
  });
  const { nextTick } = process;
  const servers = [http.createServer(), http.createServer()];
  const all = servers.map((server) => {
    server.listen(0);
    expect(process.nextTick).toBe(nextTick);
    return found;
  });
  for (const server of servers) server.close();
  return expect(Promise.all(all)).resolves.toEqual(servers);
});

test("kRealListen starts another server of Bun for the same server, with its settings", async () => {
  let real: Bun.Server<unknown> | undefined;
  const seen: unknown[] = [];
  Reflect.set(Bun, "serve", (options: Options) => {
    const given = options.onNodeHTTPRequest;
    const watched = (...args: unknown[]): unknown => {
      const result = given(...args);
      seen.push(args, result);
      return result;
    };
    return (real = unseen({ ...options, onNodeHTTPRequest: watched }));
  });
  const server = http.createServer({ maxHeaderSize: 2048 }, (_, response) => response.end("hi"));
  server.listen(0);
  kRealListen(server)(undefined, 0, "127.0.0.1", undefined, true);
  const url = `http://127.0.0.1:${real?.port}/`;
  expect(await (await fetch(url)).text()).toBe("hi");
  expect((await fetch(url, { headers: { x: "y".repeat(3000) } })).status).toBe(431);
  const [args] = seen as [unknown[]];
  expect(args).toHaveLength(12);
  expect(args.slice(1, 3)).toEqual(["/", "GET"]);
  const [handle, socket] = [args[4], args[6]] as [Record<string, unknown>, object];
  expect([handle["finished"], handle["aborted"]].map((it) => typeof it)).toEqual([
    "boolean",
    "boolean",
  ]);
  expect((handle["getBytesWritten"] as () => number)()).toBe(2);
  expect(socket).toHaveProperty("remoteAddress");
  await real?.stop(true);
  server.close();
});

test("every way of answering calls a response's own writeHead", async () => {
  Reflect.set(Bun, "serve", serve);
  const ways: Record<string, (response: http.ServerResponse) => void> = {
    "/end": (response) => response.end("x"),
    "/empty": (response) => response.end(),
    "/write": (response) => void (response.write("x"), response.end()),
    "/head": (response) => response.writeHead(201, { a: "b" }).end("x"),
    "/flush": (response) => void (response.flushHeaders(), response.end("x")),
  };
  const called: string[] = [];
  const server = http.createServer((request, response) => {
    const { writeHead } = response;
    const path = request.url ?? "";
    const watched = (...args: unknown[]): unknown => {
      called.push(path);
      return Reflect.apply(writeHead, response, args);
    };
    Object.defineProperty(response, "writeHead", { configurable: true, value: watched });
    ways[path]?.(response);
  });
  const listening = new Promise<void>((resolve) => void server.once("listening", resolve));
  server.listen(0, "127.0.0.1");
  await listening;
  const { port } = server.address() as { port: number };
  for (const path of Object.keys(ways)) {
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  }
  expect([...new Set(called)]).toEqual(Object.keys(ways));
  server.close();
});

test("a socket says that it is encrypted if its server has options for TLS", async () => {
  Reflect.set(Bun, "serve", serve);
  const server = http.createServer(({ socket }, response) => {
    response.end(String((socket as { encrypted?: boolean }).encrypted));
  });
  kRealListen(server)(undefined, 0, "127.0.0.1", undefined, true);
  await new Promise<void>((resolve) => void server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const ask = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { keepalive: false });
    return response.text();
  };
  expect(await ask()).toBe("false");
  const symbol = Object.getOwnPropertySymbols(server).find((it) => it.description === "tls");
  Reflect.set(server, symbol as symbol, {});
  expect(await ask()).toBe("true");
  server.close();
});
