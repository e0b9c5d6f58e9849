// When it is plain, from the number of open descriptors alone, that connections remain.
import { expect, test } from "bun:test";
import { Remaining } from "../../../src/worker/drain/remaining.ts";

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
