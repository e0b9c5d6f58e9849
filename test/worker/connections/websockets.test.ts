// How the WebSockets of a worker are closed: with which frames, and when.
import { expect, test } from "bun:test";
import type { Farewell } from "../../../src/core/farewell.ts";
import type { Closable } from "../../../src/worker/movable/closable.ts";
import { WebSockets } from "../../../src/worker/connections/websockets.ts";
import { Outcomes } from "../../../src/worker/requests/outcome.ts";

const RESTART = { code: 4001, reason: "Service Restart" };
const AWAY = { code: 1001, reason: "Going Away" };

function closeAll(sockets: WebSockets, farewell: Farewell, timeoutMs: number): void {
  sockets.sayFarewell(farewell, timeoutMs);
  sockets.closeAll();
}

/** Some that are open, and the codes of those that have been closed, in order. */
function open(count: number): { sockets: WebSockets; codes: number[]; openOne: () => void } {
  const sockets = new WebSockets(new Outcomes());
  const codes: number[] = [];
  const openOne = (): void => {
    const one: Closable = {
      close(code) {
        codes.push(code);
        sockets.remove(one);
      },
    };
    sockets.add(one, "");
  };
  for (let index = 0; index < count; index += 1) openOne();
  return { sockets, codes, openOne };
}

test("paced: the first at once, and in the end all", async () => {
  const { sockets, codes } = open(20);
  closeAll(sockets, { frame: RESTART, isPaced: true }, 3000);
  expect(codes.length).toBeWithin(1, 20);
  while (sockets.count > 0) await Bun.sleep(1);
  expect(codes).toEqual(Array(20).fill(4001));
});

test("at once: all, and who opens later as soon as it does", () => {
  const { sockets, codes, openOne } = open(3);
  closeAll(sockets, { frame: RESTART, isPaced: false }, 300);
  expect(codes).toHaveLength(3);
  openOne();
  expect(codes).toEqual([4001, 4001, 4001, 4001]);
});

test("a stop in the middle closes all the rest, and is for good", () => {
  const { sockets, codes, openOne } = open(5);
  closeAll(sockets, { frame: RESTART, isPaced: true }, 3_000_000);
  closeAll(sockets, { frame: AWAY, isPaced: false }, 300);
  expect(codes).toHaveLength(5);
  expect([codes[0], codes[4]]).toEqual([4001, 1001]);
  closeAll(sockets, { frame: RESTART, isPaced: false }, 300);
  openOne();
  expect(codes.at(-1)).toBe(1001);
});

test("a stop also counts for one that still has something to send", async () => {
  const sockets = new WebSockets(new Outcomes());
  const told = Promise.withResolvers<number>();
  let held = 10;
  sockets.add({ getBufferedAmount: () => held, close: told.resolve }, "");
  closeAll(sockets, { frame: RESTART, isPaced: false }, 300);
  closeAll(sockets, { frame: AWAY, isPaced: false }, 300);
  held = 0;
  expect(await told.promise).toBe(1001);
});

test("before all are closed, those that are told are closed in turn, and who opens stays", async () => {
  const { sockets, codes, openOne } = open(2);
  sockets.sayFarewell({ frame: RESTART, isPaced: true }, 3_000_000);
  openOne();
  expect(codes).toEqual([]);
  const last = Promise.withResolvers<number>();
  for (const close of [() => undefined, last.resolve]) {
    const one: Closable = { close };
    sockets.add(one, "");
    sockets.closeOne(one);
  }
  expect(await last.promise).toBe(4001);
});
