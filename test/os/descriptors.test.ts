// Descriptors that are passed on, and what becomes of their listeners.
import { expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { localPort } from "../../src/net/address.ts";
import {
  closeDescriptor,
  descriptorChannel,
  receiveDescriptor,
  sendDescriptor,
} from "../../src/os/descriptors.ts";
import { findListener, releaseListener } from "../../src/net/listeners.ts";
import { signalFor } from "../../src/os/parent-death.ts";
import { holdersOf, probeAddress } from "../../src/net/probe.ts";
import { isListening } from "../../src/net/socket-options.ts";

function serve() {
  return Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hi") });
}

test("a descriptor that was sent is the same listener, and survives the sender's copy", () => {
  const [left, right] = descriptorChannel();
  const server = serve();
  const port = server.port ?? 0;
  sendDescriptor(right, findListener(port, []));
  void server.stop(true);
  const received = receiveDescriptor(left);
  expect(received).toBeDefined();
  expect(isListening(received ?? -1)).toBe(true);
  expect(localPort(received ?? -1)).toBe(port);
  expect(receiveDescriptor(left)).toBeUndefined();
  for (const fd of [left, right, received ?? -1]) closeDescriptor(fd);
});

test("a released listener refuses new connections and its server goes on with the old ones", async () => {
  const server = serve();
  const port = server.port ?? 0;
  const socket = connect(port, "127.0.0.1");
  const answer = async (): Promise<string> => {
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    return String((await once(socket, "data"))[0]);
  };
  expect(await answer()).toEndWith("hi");
  releaseListener(findListener(port, []));
  expect(await answer()).toEndWith("hi");
  const late = connect(port, "127.0.0.1");
  expect((await once(late, "error"))[0]).toMatchObject({ code: "ECONNREFUSED" });
  socket.destroy();
  await server.stop(true);
});

test("an address in use is seen without joining it, and its holder is found", async () => {
  const server = serve();
  const address = { host: "127.0.0.1", port: server.port ?? 0 };
  expect(probeAddress(address)).toBe("EADDRINUSE");
  expect(holdersOf(address.port).map(({ pid }) => pid)).toEqual([process.pid]);
  await server.stop(true);
  expect(probeAddress(address)).toBeUndefined();
  expect(probeAddress({ host: "192.0.2.1", port: 0 })).toBe("EADDRNOTAVAIL");
});

test.each([
  [1, 3],
  [4, 16],
  [12, 16],
  [13, 16],
  [30, 34],
  [31, 34],
  [40, 40],
  [64, 64],
  [600, 64],
])("a worker given %d s has signal %d, whose number is the time", (seconds, signal) => {
  expect(signalFor(seconds)).toBe(signal);
});
