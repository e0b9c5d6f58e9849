// Marking an answer of node:http whose upload has not come yet.
import { afterAll, expect, test } from "bun:test";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { markLater } from "../../../src/worker/node/marking.ts";
import { Wire } from "../../helpers/wire.ts";

const HEAD = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n";
/** Every connection is to be closed. */
const flag = {
  pace: undefined,
  expired: true,
  privately: undefined,
  passesOn: false,
  portOf: () => undefined,
};
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
});

/** @param mostMs how long an upload is waited for */
async function connect(answer: RequestListener, mostMs = 60_000): Promise<Wire> {
  const server = createServer((request, response) => {
    markLater(response, true, flag, () => true, { mostBytes: 1_000, mostMs });
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Wire.open({ host: "127.0.0.1", port });
}

test("an answer that has begun is marked, and ends when the upload has come", async () => {
  using wire = await connect((_, response) => {
    response.write("begun ");
    response.end("ended");
  });
  wire.send(`${HEAD}12345`);
  await wire.until(({ text }) => text.includes("begun"));
  expect(wire.head).toContain("\r\nConnection: close\r\n");
  wire.send("67890");
  await wire.until(() => false);
  expect(wire.text).toEndWith("\r\n0\r\n\r\n");
  expect(wire.text).toContain("ended");
});

test("one that has not begun waits for the upload and is marked", async () => {
  using wire = await connect((_, response) => void response.end("whole"));
  wire.send(`${HEAD}12345`);
  await Bun.sleep(50);
  expect(wire.text).toBe("");
  wire.send("67890");
  await wire.until(() => false);
  expect(wire.text).toMatch(/\r\nConnection: close\r\n[^]*\r\n\r\nwhole$/);
});

test("while it waits, the program finds it ended, and can change nothing of it", async () => {
  const found: unknown[] = [];
  const note = (error?: unknown): void => void found.push(Reflect.get(Object(error), "code"));
  using wire = await connect((_, response) => {
    response.end("whole");
    found.push(response.writableEnded, response.headersSent);
    found.push(response.write("more", note));
    response.end("other", note);
  });
  wire.send(`${HEAD}12345`);
  await Bun.sleep(50);
  wire.send("67890");
  await wire.until(() => false);
  expect(wire.text).toContain("\r\nContent-Length: 5\r\n");
  expect(wire.text).toEndWith("\r\n\r\nwhole");
  const codes = ["ERR_STREAM_WRITE_AFTER_END", "ERR_STREAM_ALREADY_FINISHED"];
  expect(found).toEqual([true, true, false, ...codes]);
});

test("while it waits, its head is as it was when the program has ended it", async () => {
  const codes: unknown[] = [];
  using wire = await connect((_, response) => {
    response.setHeader("X-First", "1");
    response.end("whole");
    response.statusCode = 500;
    response.statusMessage = "Wrong";
    response.flushHeaders();
    const changes = [
      () => response.setHeader("Content-Length", 1),
      () => response.appendHeader("X-First", "2"),
      () => response.removeHeader("X-First"),
      () => response.setHeaders(new Map([["X-Second", "2"]])),
      () => response.writeHead(500),
    ];
    for (const change of changes) {
      try {
        change();
      } catch (error) {
        codes.push(Reflect.get(Object(error), "code"));
      }
    }
  });
  wire.send(`${HEAD}12345`);
  await Bun.sleep(50);
  wire.send("67890");
  await wire.until(() => false);
  expect(codes).toEqual(Array.from({ length: 5 }, () => "ERR_HTTP_HEADERS_SENT"));
  expect(wire.text).toStartWith("HTTP/1.1 200 OK\r\n");
  expect(wire.head).toContain("\r\nX-First: 1\r\n");
  expect(wire.text).toEndWith("\r\n\r\nwhole");
});

test.each<[string, RequestListener]>([
  ["the answer", (_, response) => void response.destroy()],
  ["the request", (request) => void request.destroy()],
  ["the connection", (request) => void request.socket.destroy()],
])("one that waits is sent before the program destroys %s", async (_what, destroy) => {
  using wire = await connect((request, response) => {
    response.end("whole");
    destroy(request, response);
  });
  wire.send(`${HEAD}12345`);
  await wire.until(({ isWhole }) => isWhole);
  expect(wire.text).toEndWith("\r\n\r\nwhole");
});

test("for an upload that does not come it is not marked", async () => {
  using wire = await connect((_, response) => void response.end("whole"), 20);
  wire.send(`${HEAD}12345`);
  await wire.until((it) => it.isWhole);
  expect(wire.head).not.toMatch(/connection: close/i);
});

test("what the program has read itself is waited for by nobody", async () => {
  using wire = await connect((request, response) => void request.pipe(response));
  wire.send(`${HEAD}1234567890`);
  await wire.until(() => false);
  expect(wire.text).toMatch(/\r\nConnection: close\r\n/);
  expect(wire.text).toContain("1234567890");
});
