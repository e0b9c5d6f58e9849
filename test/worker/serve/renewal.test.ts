// Moving a listener from one server of Bun to another, which certificates are renewed by, and that
// a renewal is done on all addresses or on none. Bun documents none of it.
import { afterAll, afterEach, expect, test } from "bun:test";
import { moveListener } from "../../../src/net/adopt-listener.ts";
import { findListener, findNewListener } from "../../../src/net/listeners.ts";
import { Polls } from "../../../src/net/polls.ts";
import { peerAddress } from "../../../src/net/address.ts";
import { descriptors } from "../../../src/os/open-descriptors.ts";
import { RetiredServers } from "../../../src/worker/serve/retired-servers.ts";
import { SharedServers } from "../../../src/worker/serve/shared-servers.ts";
import type { ServedTls } from "../../../src/tls/served.ts";
import { here } from "../../../src/platform.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { handlerOptions } from "../../helpers/handler-options.ts";
import { certificateAt } from "../../helpers/tls-clients.ts";

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
    const { accept } = moveListener(polls, listener, next.listener);
    // Nobody accepts now: the connection waits in the kernel.
    const waiting = ask(port, host);
    await Bun.sleep(20);
    accept();
    expect(await waiting).toBe(`second to ${hostname}`);
    expect(findListener(port, [])).toBe(next.listener);
    expect(await ask(port, host)).toBe(`second to ${hostname}`);
  });
}

test.skipIf(!here.hasLibc)(
  "a move that is undone leaves the first server with its queue",
  async () => {
    const { server, listener } = serve("first");
    const polls = Polls.around(listener) as Polls;
    const port = server.port as number;
    const next = serve("second");
    const { undo } = moveListener(polls, listener, next.listener);
    const waiting = ask(port);
    await Bun.sleep(20);
    undo();
    expect(await waiting).toBe("first to 127.0.0.1");
    expect(findListener(port, [])).toBe(listener);
    expect(polls.of(next.listener)).toBeUndefined();
  },
);

const secure: SharedServers[] = [];
afterEach(() => {
  for (const it of secure.splice(0)) it.stop(true);
});

function servedFor(subject: string): ServedTls {
  const { cert, key } = makeCertificate({ subject });
  return {
    certificates: [{ certs: [cert], keys: [key], names: [] }],
    minVersion: "1.2",
    http2: true,
  };
}

/** A worker's servers on two addresses, and whose certificate each has. */
function onTwoAddresses() {
  const options = handlerOptions(() => new Response("ok"), { tls: servedFor("old") });
  const all = new SharedServers(options);
  secure.push(all);
  const bound = [0, 0].map((port) => all.bind({ host: "127.0.0.1", port }));
  const subjects = (): Promise<string[]> =>
    Promise.all(bound.map(({ address }) => certificateAt(address.port)));
  const [, second] = bound.map(({ listener }) => listener);
  return { all, subjects, second: second as number };
}

test.skipIf(!here.hasLibc)(
  "where one address cannot get its new server, all keep their certificate",
  async () => {
    const { all, subjects } = onTwoAddresses();
    const { handlers } = all;
    const serving = handlers.serve.bind(handlers);
    let made = 0;
    handlers.serve = (...args) => {
      if (++made === 2) throw new Error("no more descriptors");
      return serving(...args);
    };
    expect(() => all.renew(servedFor("new"))).toThrow("no more descriptors");
    expect(await subjects()).toEqual(["old", "old"]);
    expect(handlers.servers.all).toHaveLength(2);
    all.renew(servedFor("new"));
    expect(await subjects()).toEqual(["new", "new"]);
  },
);

test.skipIf(!here.hasLibc)(
  "where one listener cannot be moved, those before it go back, and serve on",
  async () => {
    const { all, subjects, second } = onTwoAddresses();
    const polls = Polls.around(second) as Polls;
    const poll = polls.of(second);
    polls.remove(second);
    expect(() => all.renew(servedFor("new"))).toThrow("does not wait for its listener");
    polls.add(second, poll as NonNullable<typeof poll>);
    expect(await subjects()).toEqual(["old", "old"]);
    expect(all.handlers.servers.all).toHaveLength(2);
    all.renew(servedFor("new"));
    expect(await subjects()).toEqual(["new", "new"]);
  },
);

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
