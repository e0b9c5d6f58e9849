// How a raw socket tells that its other side has ended.
import { afterAll, expect, test } from "bun:test";
import type { Socket } from "bun";
import { RawSocket } from "../../../src/prove/load/raw-socket.ts";

let accept: (socket: Socket) => void = () => {};
const server = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: { open: (socket) => accept(socket), data: () => {} },
});
afterAll(() => server.stop(true));

/** Both ends of a connection. */
async function connected(): Promise<[ours: RawSocket, theirs: Socket]> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  accept = resolve;
  const ours = await RawSocket.connect("127.0.0.1", server.port);
  return [ours, await promise];
}

const soon = (): number => performance.now() + 5000;

test("a FIN closes, a RST resets", async () => {
  for (const [end, kind] of [
    [(it: Socket): void => void it.end(), "closed"],
    [(it: Socket): void => it.terminate(), "reset"],
  ] as const) {
    const [ours, theirs] = await connected();
    end(theirs);
    expect(await ours.untilEnded(soon())).toMatchObject({ kind });
  }
});

// Bun's `close` then has no error: the kernel gives it once, and the write has taken it.
test("a RST that a write meets before it was read resets too", async () => {
  const [ours, theirs] = await connected();
  theirs.terminate();
  ours.send("a request");
  expect(await ours.untilEnded(soon())).toEqual({ kind: "reset", detail: "ECONNRESET" });
});

test("what came before the end can be read, then the end is told", async () => {
  const [ours, theirs] = await connected();
  theirs.end("the last words");
  await ours.untilEnded(soon());
  const bytes = (await ours.takeSome(soon())) ?? new Uint8Array();
  expect(Buffer.from(bytes).toString()).toBe("the last words");
  ours.putBack(bytes.subarray(4));
  expect(Buffer.from(await ours.take(4, soon())).toString()).toBe("last");
  await ours.takeSome(soon());
  expect(await ours.takeSome(soon())).toBeUndefined();
  expect(() => ours.requireOpen("before lunch")).toThrow("closed by the server before lunch");
});
