// `keepAliveTimeout` of a program's server: its own to read and to set, and without effect. It rests
// on what Bun does not document: that the end of a response gives its connection that and
// `keepAliveTimeoutBuffer` together.
import { expect, test } from "bun:test";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { closeIdleAfter, keepIdleOpen } from "../../../src/worker/node/keep-alive-timeout.ts";

const NEVER_MS = 2 ** 30;

/** How long node:http leaves an idle connection open. */
async function idleLimitOf(server: http.Server): Promise<number | undefined> {
  let socket: Socket | undefined;
  server.on("request", (request, response) => {
    ({ socket } = request);
    response.end();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  server.close();
  server.closeAllConnections();
  return socket?.timeout;
}

test("the end of a response gives its connection keepAliveTimeout and its buffer", async () => {
  const server = http.createServer();
  Object.assign(server, { keepAliveTimeout: 7000, keepAliveTimeoutBuffer: 300 });
  expect(await idleLimitOf(server)).toBe(7300);
});

test.each([
  ["Node's default", {}, 5000],
  ["a number", { keepAliveTimeout: 65_000 }, 65_000],
  ["a number, and a timeout", { keepAliveTimeout: 65_000, timeout: 100 }, 65_000],
])("a program reads what it has set, and it has no effect: %s", async (_, set, reads) => {
  for (const isSetBefore of [true, false]) {
    const server = http.createServer();
    if (isSetBefore) Object.assign(server, set);
    keepIdleOpen(server);
    if (!isSetBefore) Object.assign(server, set);
    expect(server.keepAliveTimeout).toBe(reads);
    expect(await idleLimitOf(server)).toBe(NEVER_MS);
  }
});

test("a server without a limit has none, and its timeout does not end idle connections", async () => {
  const [plain, timed] = [http.createServer(), http.createServer()];
  for (const server of [plain, timed]) {
    keepIdleOpen(server);
    server.keepAliveTimeout = 0;
  }
  timed.timeout = 100;
  expect(plain.keepAliveTimeout).toBe(0);
  expect(await idleLimitOf(plain)).toBe(0);
  expect(await idleLimitOf(timed)).toBeGreaterThanOrEqual(NEVER_MS);
});

test("where pounce cannot close idle connections, node:http does at pounce's limit", async () => {
  const server = http.createServer({ keepAliveTimeout: 65_000 });
  closeIdleAfter(server, 9000);
  expect(await idleLimitOf(server)).toBe(10_000);
});
