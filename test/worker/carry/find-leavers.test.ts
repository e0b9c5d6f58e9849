// Which descriptors Bun has for WebSockets that are to leave.
import { afterAll, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import type { Polls } from "../../../src/net/polls.ts";
import type { Connections } from "../../../src/worker/connections/connections.ts";
import { FindLeavers } from "../../../src/worker/carry/find-leavers.ts";
import { type Leaver, leaverOf } from "../../../src/worker/carry/leaver.ts";

const opened: number[] = [];
afterAll(() => opened.splice(0).forEach((fd) => closeSync(fd)));

function descriptor(): number {
  const fd = openSync("/dev/null", "r");
  opened.push(fd);
  return fd;
}

/** What Bun has: the name of the connection of each descriptor. */
function finder(names: ReadonlyMap<number, string>): FindLeavers {
  const text = [...names.keys()].map((fd) => `tfd: ${fd} events: 1 data: 1000\n`).join("");
  const connections = { keyOf: (fd: number) => names.get(fd) } as unknown as Connections;
  return new FindLeavers(connections, { text: () => text } as unknown as Polls);
}

const leaver = (key: string): Leaver =>
  leaverOf(1, {} as unknown as Bun.ServerWebSocket<unknown>, key);

test("each is found by the name of its connection", async () => {
  const [one, other] = [descriptor(), descriptor()];
  const leavers = [leaver("a"), leaver("b"), leaver("gone")];
  await finder(
    new Map([
      [one, "b"],
      [other, "a"],
    ]),
  ).find(leavers);
  expect(leavers.map(({ fd }) => fd)).toEqual([other, one, undefined]);
  expect(leavers.map(({ hasTwin }) => hasTwin)).toEqual([false, false, false]);
});

test("of two connections with one name, neither is taken for the other", async () => {
  const names = new Map([descriptor(), descriptor(), descriptor()].map((fd) => [fd, "twin"]));
  const alone = descriptor();
  names.set(alone, "alone");
  // Only one of them is a WebSocket, for all that is known.
  const leavers = [leaver("twin"), leaver("alone")];
  await finder(names).find(leavers);
  expect(leavers.map(({ fd }) => fd)).toEqual([undefined, alone]);
  expect(leavers.map(({ hasTwin }) => hasTwin)).toEqual([true, false]);
});
