// WebSockets that may be what ends workers.
import { expect, test } from "bun:test";
import { Suspects } from "../../../src/worker/movable/suspects.ts";

test("one is suspected if the app throws shortly after it came, not before, nor long after", () => {
  const it = new Suspects();
  const [before, after, longBefore, client] = [{}, {}, {}, {}];
  it.came(longBefore, false, 0);
  it.came(before, false, 9_000);
  it.threw(10_000);
  it.came(after, false, 10_001);
  expect([longBefore, before, after, client].map((one) => it.isSuspect(one))).toEqual([
    false,
    true,
    false,
    false,
  ]);
  for (let times = 0; times < 100; times++) it.threw(10_002);
  expect(it.isSuspect(after)).toBe(true);
});

test("once is not enough: what came with it would be closed as well", () => {
  const it = new Suspects();
  const [first, second] = [{}, {}];
  it.came(first, false, 0);
  it.came(second, true, 0);
  expect(it.isAgain(second)).toBe(false);
  it.threw(1);
  expect(it.isAgain(first)).toBe(false);
  expect(it.isAgain(second)).toBe(true);
});
