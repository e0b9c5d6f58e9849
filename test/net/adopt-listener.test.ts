// What putting another listening socket in the place of Bun's relies on, and Bun documents nowhere:
// its listener is one descriptor; its event loop waits for that by epoll, by a note that does not
// know which socket it is; it accepts until nothing waits; and it closes the descriptor by number,
// and no file.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { fstatSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adoptListener } from "../../src/net/adopt-listener.ts";
import { findNewListener } from "../../src/net/listeners.ts";
import { Polls } from "../../src/net/polls.ts";
import { isQueued, refuseNew } from "../../src/net/socket-options.ts";
import { listenHidden, publish, withdraw } from "../../src/net/unix-listener.ts";
import { closeDescriptor } from "../../src/os/descriptors.ts";
import { statsAt } from "../../src/os/replace-file.ts";
import { descriptors } from "../../src/os/open-descriptors.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "pounce-adopt-"))));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;

/** A listening socket at a path of its own. */
function shared(): { readonly path: string; readonly socket: number } {
  const path = join(folder, `${count++}.sock`);
  const socket = listenHidden(path, 0o600);
  publish(socket, path);
  return { path, socket };
}

/** A server of Bun that accepts from a socket. */
function adopting(name: string, socket: number) {
  const before = descriptors();
  const unix = `\0pounce-test-${process.pid}-${count++}`;
  const server = Bun.serve({ unix, fetch: () => new Response(name) });
  const listener = findNewListener(before);
  const polls = Polls.around(listener);
  if (polls === undefined) throw new Error("no event loop waits for Bun's listener");
  const accept = adoptListener(polls, listener, socket);
  return { server, listener, accept, hold: () => void polls.pause(listener) };
}

async function ask(path: string): Promise<string> {
  return await (await fetch("http://localhost/", { unix: path, keepalive: false })).text();
}

const isSettled = async (asked: Promise<unknown>): Promise<boolean> =>
  await Promise.race([asked.then(() => true), Bun.sleep(30).then(() => false)]);

test("a server accepts nothing from its new socket until it is told to, and then what waits", async () => {
  const { path, socket } = shared();
  const { server, accept } = adopting("one", socket);
  const asked = ask(path);
  expect(await isSettled(asked)).toBe(false);
  expect(isQueued(socket)).toBe(true);
  accept();
  expect(await asked).toBe("one");
  await server.stop(true);
  closeDescriptor(socket);
});

test("the listener's descriptor is the other socket, and Bun's own is gone", async () => {
  const { socket } = shared();
  const { server, listener } = adopting("one", socket);
  expect(fstatSync(listener).ino).toBe(fstatSync(socket).ino);
  await server.stop(true);
  expect(descriptors()).not.toContain(listener);
  expect(descriptors()).toContain(socket);
  closeDescriptor(socket);
});

test("of two servers with one socket the one that is told to gets what comes", async () => {
  const { path, socket } = shared();
  const [one, other] = [adopting("one", socket), adopting("other", socket)];
  one.accept();
  expect(await ask(path)).toBe("one");
  other.accept();
  one.hold();
  for (let asked = 0; asked < 5; asked++) expect(await ask(path)).toBe("other");
  await Promise.all([one.server.stop(true), other.server.stop(true)]);
  closeDescriptor(socket);
});

test("what waits when a server ends is answered by the next one", async () => {
  const { path, socket } = shared();
  const first = adopting("first", socket);
  const asked = Array.from({ length: 20 }, () => ask(path));
  await Bun.sleep(10);
  await first.server.stop(true);
  const next = adopting("next", socket);
  next.accept();
  expect(new Set(await Promise.all(asked))).toEqual(new Set(["next"]));
  await next.server.stop(true);
  closeDescriptor(socket);
});

test("Bun accepts all that waits in one turn, so that none is left when nobody is to come", async () => {
  const { path, socket } = shared();
  const { server, accept, hold } = adopting("one", socket);
  const clients = Array.from({ length: 50 }, () => connect(path));
  await Promise.all(clients.map(connected));
  refuseNew(socket);
  expect(isQueued(socket)).toBe(false);
  await expect(ask(path)).rejects.toThrow();
  accept();
  await Bun.sleep(2);
  hold();
  const answers = await Promise.all(clients.map(answerTo));
  expect(new Set(answers)).toEqual(new Set(["HTTP/1.1 200 OK"]));
  await server.stop(true);
  closeDescriptor(socket);
});

test("when Bun stops, the path and the hidden name stay", async () => {
  const { path, socket } = shared();
  const { server } = adopting("one", socket);
  await server.stop(true);
  expect(statsAt(path)?.isSocket()).toBe(true);
  withdraw(socket, path);
  expect(statsAt(path)).toBeUndefined();
  closeDescriptor(socket);
});

test("what is no listening socket is refused", () => {
  const before = descriptors();
  const unix = `\0pounce-test-${process.pid}-${count++}`;
  const server = Bun.serve({ unix, fetch: () => new Response("") });
  const listener = findNewListener(before);
  const polls = Polls.around(listener) as Polls;
  expect(() => adoptListener(polls, listener, 0)).toThrow("no listening socket");
  void server.stop(true);
});

function connected(client: Socket): Promise<void> {
  return new Promise((resolve) => void client.once("connect", () => resolve()));
}

/** The first line of the answer on a connection, or how it has ended. */
function answerTo(client: Socket): Promise<string> {
  return new Promise((resolve) => {
    client.once("data", (data) => resolve(String(data).split("\r\n")[0] ?? ""));
    client.once("error", (error) => resolve(String(error)));
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  });
}
