// Diverted connections reach nobody, for as long as anybody is left, in whatever order listeners
// close.
import { expect, test } from "bun:test";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { formatAddress, parseAddress, type TcpAddress } from "../../src/net/address.ts";
import { divert } from "../../src/net/diversion.ts";
import { steerClient } from "../../src/net/filters.ts";
import { checked, libc } from "../../src/os/libc.ts";
import { encodeAddress, localPort } from "../../src/net/address.ts";
import { setOption } from "../../src/net/socket-options.ts";
import { SO_REUSEPORT, SOL_SOCKET } from "../../src/os/constants.ts";
import { acceptQueueLength } from "../../src/net/tcp-info.ts";

function listen({ host, port }: TcpAddress): number {
  const fd = checked("socket", libc().socket(host.includes(":") ? 10 : 2, 1, 0));
  setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  const name = encodeAddress({ host, port });
  checked("bind", libc().bind(fd, name, name.length));
  checked("listen", libc().listen(fd, 64));
  return fd;
}

const reachable = (host: string): string =>
  host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;

/** How long clients are watched that are to wait; others say before that how they fare. */
const WAIT_MS = 60;
const ANSWER_MS = 5000;

/** How `count` new clients fare within that time. */
async function fates(host: string, port: number, count: number, ms = ANSWER_MS): Promise<string[]> {
  const sockets: Socket[] = [];
  const attempts = Array.from({ length: count }, () => {
    const socket = connect(port, reachable(host));
    sockets.push(socket);
    return Promise.race([
      new Promise<string>((resolve) => {
        socket.once("connect", () => resolve("connected"));
        socket.once("error", (error) => resolve((error as { code?: string }).code ?? "error"));
      }),
      Bun.sleep(ms).then(() => "waits"),
    ]);
  });
  const result = await Promise.all(attempts);
  for (const socket of sockets) socket.destroy();
  return [...new Set(result)];
}

const orders = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 0, 2],
];

test.each(["127.0.0.1", "0.0.0.0", "::1", "::"])("on %s", async (host) => {
  for (const order of orders) {
    const first = listen({ host, port: 0 });
    const port = localPort(first) ?? 0;
    const listeners = [first, listen({ host, port }), listen({ host, port })];
    expect(await fates(host, port, 3)).toEqual(["connected"]);
    const before = listeners.map((fd) => acceptQueueLength(fd));
    const end = divert(first, { host, port }, 3);
    expect(end).toBeDefined();
    expect(await fates(host, port, 12, WAIT_MS)).toEqual(["waits"]);
    expect(listeners.map((fd) => acceptQueueLength(fd))).toEqual(before);
    for (const index of order) {
      libc().close(listeners[index] ?? -1);
      expect(await fates(host, port, 12, WAIT_MS)).toEqual(["waits"]);
    }
    end?.();
    expect(await fates(host, port, 3)).toEqual(["ECONNREFUSED"]);
  }
});

test("a group that is larger than it is said to be keeps serving, by those that are known", async () => {
  const host = "127.0.0.1";
  const first = listen({ host, port: 0 });
  const port = localPort(first) ?? 0;
  const others = [listen({ host, port }), listen({ host, port })];
  expect(divert(first, { host, port }, 2)).toBeUndefined();
  expect(await fates(host, port, 12)).toEqual(["connected"]);
  const [, unknown = -1] = others;
  // Its own connections, those that it tried to fill a queue with, are gone again.
  expect(acceptQueueLength(unknown)).toBeLessThanOrEqual(2);
  for (const fd of [first, ...others]) libc().close(fd);
});

test("an address is what its name says", () => {
  for (const address of [
    { host: "127.0.0.1", port: 80 },
    { host: "::1", port: 8000 },
  ]) {
    expect(parseAddress(formatAddress(address))).toEqual(address);
  }
});

test.each([
  ["127.0.0.1", "127.0.0.2", 1],
  ["127.0.0.1", "127.0.0.3", 0],
  ["::1", "::1", 1],
])(
  "on %s, with an exception for one client, one from %s comes to listener %d",
  async (host, from, to) => {
    const first = listen({ host, port: 0 });
    const port = localPort(first) ?? 0;
    const listeners = [first, listen({ host, port })];
    // A port that is free, and that another address may have as well.
    const probe = listen({ host: "127.0.0.4", port: 0 });
    const own = localPort(probe) ?? 0;
    libc().close(probe);
    const client = { host: host === "::1" ? "::1" : "127.0.0.2", port: own };
    steerClient(first, { client, index: 1 }, [0]);
    const socket = connect({ host, port, localAddress: from, localPort: client.port });
    await once(socket, "connect");
    expect(listeners.map(acceptQueueLength).indexOf(1)).toBe(to);
    socket.destroy();
    for (const listener of listeners) libc().close(listener);
  },
);
