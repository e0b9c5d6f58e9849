// What a program answers on a connection that it takes over, and how it is closed.
import { PassThrough } from "node:stream";
import { expect, test } from "bun:test";
import {
  type ProgramSocket,
  TakenConnection,
  watchAnswer,
} from "../../../src/worker/node/taken-connection.ts";

const ANSWER = "HTTP/1.1 401 Unauthorized\r\n\r\n";

/** A socket, and the statuses that its watcher has been told. */
function watched(): { socket: ProgramSocket; told: number[] } {
  const socket = new PassThrough() as unknown as ProgramSocket;
  const told: number[] = [];
  watchAnswer(socket, (status) => told.push(status));
  return { socket, told };
}

test.each([
  ["a text", (socket: ProgramSocket) => socket.write(ANSWER), [401]],
  ["bytes", (socket: ProgramSocket) => socket.write(Buffer.from(ANSWER)), [401]],
  ["the end", (socket: ProgramSocket) => socket.end(ANSWER), [401]],
  ["what says no status", (socket: ProgramSocket) => socket.write("hello"), [101]],
  ["nothing", (socket: ProgramSocket) => socket.end(), []],
] as const)("its status, if it writes %s", (_what, answer, expected) => {
  const { socket, told } = watched();
  answer(socket);
  expect(told).toEqual([...expected]);
});

test("once, and then the socket has its own methods again", () => {
  const { socket, told } = watched();
  socket.write(ANSWER);
  socket.end(ANSWER);
  expect(told).toEqual([401]);
  expect(Object.hasOwn(socket, "write") || Object.hasOwn(socket, "end")).toBe(false);
});

test("also if the program has put its own methods in place", () => {
  const { socket, told } = watched();
  const { write } = socket;
  const own = ((...args: Parameters<typeof write>) => write.apply(socket, args)) as typeof write;
  socket.write = own;
  socket.write(ANSWER);
  expect(told).toEqual([401]);
  expect(socket.write).toBe(own);
});

/** One on which nothing has been answered yet, and what is written to it. */
function taken(upgrade: string) {
  const written: string[] = [];
  const done = Promise.withResolvers<void>();
  const socket = {
    destroyed: false,
    writableEnded: false,
    bytesWritten: 0,
    write(bytes: Uint8Array) {
      written.push(Buffer.from(bytes).toString("hex"));
      done.resolve();
    },
    end: () => undefined,
  };
  const incoming = { headers: { upgrade }, method: "GET" };
  const connection = new TakenConnection(socket as unknown as ProgramSocket, incoming);
  return { connection, socket, written, done: done.promise };
}

test("its close frame waits for the answer, and says what was said last, once", async () => {
  const { connection, socket, written, done } = taken("WebSocket");
  connection.close(1012, "a");
  connection.close(1001, "bc");
  expect([connection.isAsked, written]).toEqual([false, []]);
  socket.bytesWritten = 1;
  await done;
  connection.close(1012, "a");
  expect([connection.isAsked, written]).toEqual([true, ["880403e96263"]]);
});

test("what is no WebSocket gets none", () => {
  const { connection, socket, written } = taken("h2c");
  socket.bytesWritten = 1;
  connection.close(1012, "a");
  expect([connection.isAsked, written]).toEqual([false, []]);
});
