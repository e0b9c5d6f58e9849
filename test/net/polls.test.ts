// What Bun's event loop does that is documented nowhere: it waits by epoll, for room to write
// exactly while it has something to write, and accepts when the listener is among what it waits
// for.
import { connect } from "node:net";
import { readdirSync } from "node:fs";
import { expect, test } from "bun:test";
import { localPort } from "../../src/net/address.ts";
import { findListener } from "../../src/net/listeners.ts";
import { descriptors, openDescriptors } from "../../src/os/open-descriptors.ts";
import { countPolls, parsePolls, Polls } from "../../src/net/polls.ts";
import { acceptQueueLength } from "../../src/net/tcp-info.ts";

const SIZE = 12_000_000;

function serve(): Bun.Server<undefined> {
  const routes = { "/static": new Response(new Uint8Array(SIZE)) };
  return Bun.serve({ port: 0, hostname: "127.0.0.1", routes, fetch: () => new Response("ok") });
}

function pollsOf(listener: number): Polls {
  const polls = Polls.around(listener);
  if (polls === undefined) throw new Error("no event loop was found");
  return polls;
}

test("the kernel's list of what an event loop waits for is read", () => {
  const text =
    "pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1038\n" +
    "tfd:        5 events:       19 data:      5644d3f55a0  pos:0 ino:106a96 sdev:9\n" +
    "tfd:       14 events: 8000001d data: ffffffffffffffff  pos:0 ino:40e sdev:10\n";
  expect([...parsePolls(text)]).toEqual([
    [5, { events: 0x19, data: 0x5644d3f55a0n }],
    [14, { events: 0x8000001d, data: 0xffffffffffffffffn }],
  ]);
  expect(countPolls(text)).toEqual({ all: 2, deaf: 0 });
  const deaf = text.replace("events:       19", "events:       1c");
  expect(countPolls(deaf + text)).toEqual({ all: 4, deaf: 1 });
  expect(countPolls("")).toEqual({ all: 0, deaf: 0 });
});

test("Bun waits for room to write as long as it has more to write, and no longer", async () => {
  const server = serve();
  const listener = findListener(server.port ?? 0, []);
  const polls = pollsOf(listener);
  const isOurs = (fd: number): boolean => localPort(fd) === server.port;
  const client = connect({ port: server.port ?? 0, host: "127.0.0.1" });
  client.once("data", () => client.pause());
  client.on("data", () => {});
  client.write("GET /static HTTP/1.1\r\nHost: a\r\n\r\n");
  while (client.bytesRead === 0) await Bun.sleep(1);
  expect([...polls.writing()].filter(isOurs)).toHaveLength(1);
  client.resume();
  while (client.bytesRead < SIZE) await Bun.sleep(1);
  expect([...polls.writing()].filter(isOurs)).toHaveLength(0);
  client.destroy();
  await server.stop(true);
});

test("a listener that is paused leaves connections in its queue, and takes them afterwards", async () => {
  const server = serve();
  const url = `http://127.0.0.1:${server.port}/`;
  const listener = findListener(server.port ?? 0, []);
  const resume = pollsOf(listener).pause(listener);
  const answer = fetch(url, { keepalive: false });
  while (acceptQueueLength(listener) === 0) await Bun.sleep(1);
  await Bun.sleep(20);
  expect(acceptQueueLength(listener)).toBe(1);
  resume();
  expect(await (await answer).text()).toBe("ok");
  await server.stop(true);
});

test("the descriptors of this process are known", () => {
  const ours = descriptors();
  const theirs = readdirSync("/proc/self/fd").map(Number);
  // That list has itself in it.
  expect(theirs.filter((fd) => !ours.includes(fd)).length).toBeLessThanOrEqual(1);
  expect(ours.filter((fd) => !theirs.includes(fd))).toEqual([]);
  expect([ours.length, undefined]).toContain(openDescriptors());
});
