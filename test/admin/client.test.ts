// How often a control socket is asked that hangs up, as one does that has far too many clients.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "../../src/admin/client.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-client-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** A control socket that hangs up on its first clients, and answers those after them. */
async function serverThat(name: string, hangsUpOn: number) {
  let clients = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    const answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    socket.on("data", () => (++clients <= hangsUpOn ? socket.destroy() : socket.end(answer)));
  });
  const path = join(dir, name);
  await new Promise<void>((done) => server.listen(path, done));
  return { path, clients: () => clients, [Symbol.dispose]: () => void server.close() };
}

test("a question is asked again when the server hangs up", async () => {
  using server = await serverThat("busy", 2);
  expect(await ask(server.path, "GET", "/server")).toEqual({
    kind: "answer",
    status: 200,
    body: {},
  });
  expect(server.clients()).toBe(3);
});

test("an order is given once, as the server may have taken it", async () => {
  using server = await serverThat("order", 1);
  expect(await ask(server.path, "POST", "/stop")).toEqual({ kind: "gone", wasTaken: false });
  expect(server.clients()).toBe(1);
});
