// Bun's own `ws`: what the carry of WebSockets relies on, and what the old code sees of one that has
// moved.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, test } from "bun:test";
import { WebSocketServer } from "ws";
import {
  isSendingParts,
  type Library,
  libraryOf,
  type LibraryServer,
  nativeOf,
  whenOpened,
} from "../../../src/worker/movable/library.ts";
import {
  callLibrary,
  noteLibraryMoved,
  prepareLibrary,
} from "../../../src/worker/movable/library-moved.ts";
import type { CallHeader } from "../../../src/worker/movable/messages.ts";

const server = createServer();
const sockets = new WebSocketServer({ noServer: true });
const order: string[] = [];
const told = Promise.withResolvers<{ library: Library; server: LibraryServer; socket: object }>();
server.on("upgrade", (request, socket, head) => {
  whenOpened(socket, (library, owner) => {
    order.push("we");
    told.resolve({ library, server: owner, socket });
  });
  sockets.handleUpgrade(request, socket, head, () => void order.push("the program"));
});
const listening = Promise.withResolvers<void>();
server.listen(0, "127.0.0.1", listening.resolve);
await listening.promise;
const { port } = server.address() as AddressInfo;
const client = new WebSocket(`ws://127.0.0.1:${port}/`);
const got: string[] = [];
client.addEventListener("message", ({ data }) => void got.push(String(data)));
const closed = Promise.withResolvers<number>();
client.addEventListener("close", ({ code }) => closed.resolve(code));
const { library, server: owner, socket } = await told.promise;
afterAll(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

test("we hear of a new one before the program, once it is on the list of its server", async () => {
  await Bun.sleep(0);
  expect(order).toEqual(["we", "the program"]);
  expect(owner.clients?.has(library)).toBe(true);
  expect(library.listeners("close")).toHaveLength(1);
  expect(libraryOf(socket)).toBe(library);
});

test("it has a WebSocket of Bun inside, and tells when it has sent a part of a message", () => {
  expect(nativeOf(library)?.readyState).toBe(1);
  expect(isSendingParts(library)).toBe(false);
  library.send("a", { fin: false });
  expect(isSendingParts(library)).toBe(true);
  library.send("b");
  expect(isSendingParts(library)).toBe(false);
});

test("its new owner does what is passed on", async () => {
  const calls: [Omit<CallHeader, "id">, string][] = [
    [{ method: "sendText", args: [null], data: "text" }, "text"],
    [{ method: "send", args: [null], data: "text" }, "of Bun"],
    [{ method: "subscribe", args: ["news"] }, ""],
    [{ method: "ping", args: [null], data: "bytes" }, "p"],
  ];
  for (const [call, bytes] of calls) callLibrary(library, { id: 1, ...call }, Buffer.from(bytes));
  while (got.length < 3) await Bun.sleep(1);
  expect(got).toEqual(["ab", "text", "of Bun"]);
});

test("what the old code does with one that has moved is passed on, but for terminate", async () => {
  prepareLibrary();
  const calls: [Omit<CallHeader, "id">, string | undefined][] = [];
  noteLibraryMoved(library, (call, data) =>
    calls.push([call, data && Buffer.from(data).toString()]),
  );
  const { send } = library;
  const sent = Promise.withResolvers<unknown>();
  library.send("text");
  Reflect.apply(send, library, [new Uint8Array([65, 66]), sent.resolve]);
  expect(await sent.promise).toBeNull();
  library.send(Buffer.from("as text"), { binary: false });
  library.send("in ", { fin: false });
  library.send("parts");
  library.ping();
  expect(() => library.close(1005)).toThrow("valid error code");
  expect(library.readyState).toBe(1);
  library.close(4000, "enough");
  library.send("late");
  expect(library.readyState).toBe(3);
  expect(calls).toEqual([
    [{ method: "sendText", args: [null], data: "text" }, "text"],
    [{ method: "sendBinary", args: [null], data: "bytes" }, "AB"],
    [{ method: "sendText", args: [null], data: "text" }, "as text"],
    [{ method: "sendText", args: [null], data: "text" }, "in parts"],
    [{ method: "ping", args: [null], data: "bytes" }, ""],
    [{ method: "close", args: [4000, "enough"] }, undefined],
  ]);
  nativeOf(library)?.terminate();
  await closed.promise;
});

test("terminate ends it for the old code alone", () => {
  const other = Object.create(library) as Library;
  const calls: unknown[] = [];
  noteLibraryMoved(other, (call) => calls.push(call));
  other.terminate();
  other.send("late");
  expect([other.readyState, calls]).toEqual([3, []]);
});
