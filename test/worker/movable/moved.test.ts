// A WebSocket that has moved, as the old code sees it.
import { afterAll, expect, test } from "bun:test";
import type { CallHeader } from "../../../src/worker/movable/messages.ts";
import { callHere, noteMoved, prepareMethods } from "../../../src/worker/movable/moved.ts";

const opened = Promise.withResolvers<Bun.ServerWebSocket<unknown>>();
const got: string[] = [];
const server = Bun.serve({
  port: 0,
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response()),
  websocket: {
    open: (socket) => {
      prepareMethods(socket);
      opened.resolve(socket);
    },
    message: () => undefined,
  },
});
const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
client.addEventListener("message", ({ data }) => void got.push(String(data)));
afterAll(() => server.stop(true));

test("what it is told to do is passed on, and it looks open until it is closed", async () => {
  const socket = await opened.promise;
  const { send } = socket;
  const calls: [Omit<CallHeader, "id">, string | undefined][] = [];
  noteMoved(socket, ["news"], (call, data) =>
    calls.push([call, data && Buffer.from(data).toString()]),
  );
  expect([socket.readyState, socket.subscriptions]).toEqual([1, ["news"]]);
  expect(socket.send("text")).toBe(4);
  // An app may keep a method for itself.
  Reflect.apply(send, socket, [Buffer.from("bytes"), true]);
  socket.subscribe("more");
  socket.publish("news", "told");
  expect(socket.isSubscribed("more")).toBe(true);
  socket.close(4000, "enough");
  expect(socket.send("late")).toBe(0);
  expect(socket.readyState).toBe(3);
  expect(calls).toEqual([
    [{ method: "send", args: [null], data: "text" }, "text"],
    [{ method: "send", args: [null, true], data: "bytes" }, "bytes"],
    [{ method: "subscribe", args: ["more"] }, undefined],
    [{ method: "publish", args: ["news", null], data: "text" }, "told"],
    [{ method: "close", args: [4000, "enough"] }, undefined],
  ]);
});

test("its new owner does what is passed on", async () => {
  const other = Promise.withResolvers<Bun.ServerWebSocket<unknown>>();
  using owner = Bun.serve({
    port: 0,
    fetch: (request, self) => (self.upgrade(request, { data: 1 }) ? undefined : new Response()),
    websocket: { open: other.resolve, message: () => undefined },
  });
  const end = new WebSocket(`ws://127.0.0.1:${owner.port}/`);
  const texts: string[] = [];
  const closed = Promise.withResolvers<number>();
  end.addEventListener("message", ({ data }) => void texts.push(String(data)));
  end.addEventListener("close", ({ code }) => closed.resolve(code));
  const socket = await other.promise;
  const bytes = Buffer.from("hello");
  callHere(socket, { id: 1, method: "send", args: [null], data: "text" }, bytes);
  callHere(socket, { id: 1, method: "subscribe", args: ["news"] }, Buffer.alloc(0));
  expect(socket.isSubscribed("news")).toBe(true);
  callHere(socket, { id: 1, method: "close", args: [4000, "enough"] }, Buffer.alloc(0));
  expect(await closed.promise).toBe(4000);
  expect(texts).toEqual(["hello"]);
});
