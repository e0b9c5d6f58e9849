// Moving a listener from one server of Bun to another: what certificates are renewed by. Bun
// documents none of it.
import { afterAll, expect, test } from "bun:test";
import { moveListener } from "../../../src/net/adopt-listener.ts";
import { findListener, findNewListener } from "../../../src/net/listeners.ts";
import { Polls } from "../../../src/net/polls.ts";
import { peerAddress } from "../../../src/net/address.ts";
import { descriptors } from "../../../src/os/open-descriptors.ts";
import { RetiredServers } from "../../../src/worker/serve/retired-servers.ts";
import { here } from "../../../src/platform.ts";

type Server = Bun.Server<undefined>;
const servers: Server[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop(true))));

function serve(text: string, hostname = "127.0.0.1"): { server: Server; listener: number } {
  const known = descriptors();
  const server = Bun.serve({
    port: 0,
    hostname,
    idleTimeout: 0,
    fetch: (request, it) => new Response(`${text} to ${it.requestIP(request)?.address}`),
  });
  servers.push(server);
  return { server, listener: findNewListener(known) };
}

const ask = async (port: number, host = "127.0.0.1"): Promise<string> =>
  (await fetch(`http://${host}:${port}/`, { keepalive: false })).text();

for (const hostname of ["127.0.0.1", "::1"]) {
  test.skipIf(!here.hasLibc)(`a listener on ${hostname} moves, with its queue`, async () => {
    const { server, listener } = serve("first", hostname);
    const polls = Polls.around(listener) as Polls;
    const port = server.port as number;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    expect(await ask(port, host)).toBe(`first to ${hostname}`);
    const next = serve("second");
    const accept = moveListener(polls, listener, next.listener);
    // Nobody accepts now: the connection waits in the kernel.
    const waiting = ask(port, host);
    await Bun.sleep(20);
    accept();
    expect(await waiting).toBe(`second to ${hostname}`);
    expect(findListener(port, [])).toBe(next.listener);
    expect(await ask(port, host)).toBe(`second to ${hostname}`);
  });
}

test.skipIf(!here.hasLibc)("a server is stopped when its last connection has ended", async () => {
  const { server } = serve("first");
  const stopped: unknown[] = [];
  const retired = new RetiredServers((it) => void stopped.push(it));
  const ended = Promise.withResolvers<void>();
  const client = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port as number,
    socket: { data: () => ended.resolve() },
  });
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await ended.promise;
  const connections = descriptors().filter(
    (fd) => peerAddress(fd)?.port === client.localPort && fd > 2,
  );
  expect(connections).toHaveLength(1);
  retired.add(server as Bun.Server<unknown>, connections);
  retired.look();
  expect(stopped).toEqual([]);
  client.end();
  for (let turns = 0; turns < 1000 && stopped.length === 0; turns++) {
    await Bun.sleep(10);
    retired.look();
  }
  expect(stopped).toEqual([server]);
});
