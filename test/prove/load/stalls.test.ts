// How long a process of the load stood still.
import { expect, test } from "bun:test";
import { Stalls } from "../../../src/prove/load/stalls.ts";

test("a process that stood still for a second or more knows for how long", () => {
  const stalls = new Stalls(250, 0);
  for (const now of [250, 520, 1600]) stalls.tick(now);
  expect(stalls.longestMs).toBe(0);
  for (const now of [4850, 5100, 6700]) stalls.tick(now);
  expect(stalls.longestMs).toBe(3000);
});
