// What a program answers on a connection that it takes over.
import { PassThrough } from "node:stream";
import { expect, test } from "bun:test";
import { type ProgramSocket, watchAnswer } from "../../../src/worker/node/taken-connection.ts";

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
