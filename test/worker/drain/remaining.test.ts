// When it is plain, from the number of open descriptors alone, that connections remain.
import { expect, test } from "bun:test";
import { pauseMs, Remaining } from "../../../src/worker/drain/remaining.ts";

test("more descriptors than were no connections mean that some remain, for half a second", () => {
  let open: number | undefined = 25;
  const remaining = new Remaining(() => open);
  expect(remaining.isPlain(0)).toBe(false);
  remaining.note(3, 0);
  expect([0, 499, 500].map((nowMs) => remaining.isPlain(nowMs))).toEqual([true, true, false]);
  open = 23;
  expect(remaining.isPlain(100)).toBe(true);
  open = 22;
  expect(remaining.isPlain(100)).toBe(false);
});

test("where the kernel does not say how many there are, somebody has to look", () => {
  const remaining = new Remaining(() => undefined);
  remaining.note(3, 0);
  expect(remaining.isPlain(1)).toBe(false);
});

test("polls become rarer with the drain and with what they take, but a stop is noticed soon", () => {
  expect([0, 1000, 5000, 25_000, 3_600_000].map((drainMs) => pauseMs(0, drainMs))).toEqual([
    20, 20, 100, 500, 500,
  ]);
  expect(pauseMs(100, 0)).toBe(2000);
});
