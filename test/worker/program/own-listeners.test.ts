// What a program opens besides its HTTP servers: what of it is known, and what the program sees.
//
// So this guards what pounce relies on and Bun does not document: that node:net, node:tls and
// node:http2 listen by calling `Bun.listen` with `pauseOnConnect` and their server as `data`, and
// node:dgram by calling `Bun.udpSocket` with libuv's `flags`; that `Bun` lets both be replaced, and
// `Bun.udpSocket` heeds those flags from anyone; that the `fd` of what is closed is -1; what
// node:http2 calls its classes; and that a listener is asked for its address by `getsockname`.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import http2 from "node:http2";
import net, { type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { openPorts } from "../../../src/net/listeners.ts";
import { whyRefused } from "../../../src/worker/program/only-server.ts";
import { nameOf, OwnListeners } from "../../../src/worker/program/own-listeners.ts";
import { freePort } from "../../helpers/ports.ts";

const { listen, udpSocket } = Bun;
const socket = { data() {} };
let ours = 0;
let own: OwnListeners;

beforeAll(() => {
  ours = freePort();
  own = new OwnListeners([{ host: "127.0.0.1", port: ours }]);
});

afterAll(() => Object.assign(Bun, { listen, udpSocket }));

async function listening(server: Server, at: unknown = { port: 0, host: "127.0.0.1" }) {
  server.listen(at as AddressInfo);
  await once(server, "listening");
  return server.address() as AddressInfo;
}

describe("is known by the module that it was opened with:", () => {
  const cases: [kind: string, make: () => Server][] = [
    ["node:net", () => net.createServer()],
    ["node:tls", () => tls.createServer()],
    ["node:http2", () => http2.createServer() as unknown as Server],
    ["node:http2", () => http2.createSecureServer() as unknown as Server],
  ];
  for (const [index, [kind, make]] of cases.entries()) {
    test(`${kind} (${index})`, async () => {
      const server = make();
      const { port } = await listening(server);
      expect(own.open).toMatchObject([{ kind, port }]);
      expect(own.isOf(server)).toBeTrue();
      server.close();
      expect(own.open).toEqual([]);
    });
  }

  test("Bun.listen", () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
    expect(own.open).toMatchObject([{ kind: "Bun.listen", port: listener.port }]);
    listener.stop();
  });

  test("node:dgram and Bun.udpSocket, but no socket of a client", async () => {
    const client = await Bun.udpSocket({ hostname: "127.0.0.1" });
    const server = await Bun.udpSocket({ hostname: "127.0.0.1", port: freePort() });
    const node = createSocket("udp4").bind(freePort(), "127.0.0.1");
    await once(node, "listening");
    expect(own.open.map(({ kind }) => kind)).toEqual(["Bun.udpSocket", "node:dgram"]);
    expect(own.open.map(nameOf)).toEqual([
      `UDP port ${server.port}`,
      `UDP port ${node.address().port}`,
    ]);
    for (const it of [client, server, node]) it.close();
  });
});

test("a TCP port is shared, though the program asks for it exclusively", async () => {
  const server = net.createServer();
  const { port } = await listening(server, { port: 0, host: "127.0.0.1", exclusive: true });
  expect(openPorts()).toContainEqual({ port, isShared: true });
  const second = net.createServer();
  await listening(second, { port, host: "127.0.0.1" });
  server.close();
  second.close();
});

test("a UDP port is shared", async () => {
  const port = freePort();
  const first = await Bun.udpSocket({ hostname: "127.0.0.1", port });
  const second = createSocket("udp4").bind(port, "127.0.0.1");
  await once(second, "listening");
  first.close();
  second.close();
});

test("a path is opened as it is, and the second gets the error that it would get", async () => {
  const unix = join(tmpdir(), `pounce-own-${process.pid}.sock`);
  const first = Bun.listen({ unix, socket });
  expect(own.open.map(nameOf)).toEqual([`the Unix socket ${unix}`]);
  expect(() => Bun.listen({ unix, socket })).toThrow("Failed to listen");
  first.stop();
});

test("a program that tries whether our port is free finds it free, and nothing is opened", async () => {
  const server = net.createServer();
  const address = await listening(server, { port: ours, host: "0.0.0.0" });
  expect(address).toEqual({ address: "0.0.0.0", family: "IPv4", port: ours });
  expect(own.open).toMatchObject([{ kind: "node:net", port: ours }]);
  expect(openPorts().map(({ port }) => port)).not.toContain(ours);
  server.close();
  await once(server, "close");
});

test("once the program has loaded, our port is in use for it", () => {
  Object.assign(Bun, { listen, udpSocket });
  const shared = { hostname: "127.0.0.1", port: 0, reusePort: true, socket };
  using held = Bun.listen(shared);
  const late = new OwnListeners([{ host: "127.0.0.1", port: held.port }]);
  late.end();
  expect(() => Bun.listen({ hostname: "127.0.0.1", port: held.port, socket })).toThrow("Failed");
  expect(late.open).toEqual([]);
});

describe("as a program's only server it is refused, by name, with what to do:", () => {
  const h2 = { kind: "node:http2", port: 8443, path: undefined } as const;
  const log = { kind: "node:dgram", port: 514, path: undefined } as const;
  const path = { kind: "node:net", port: undefined, path: "\0abstract" } as const;

  test("node:http2, before all others", () => {
    expect(whyRefused("./app.ts", [log, h2])).toStartWith(
      "app ./app.ts: its only server is one of node:http2, on port 8443; pounce",
    );
    expect(whyRefused("./app.ts", [h2])).toContain("create its server with node:http");
  });

  test("any other", () => {
    expect(whyRefused("./app.ts", [log])).toContain("one of node:dgram, on UDP port 514; pounce");
    expect(whyRefused("./app.ts", [path])).toContain("node:net, on the Unix socket @abstract;");
  });
});
