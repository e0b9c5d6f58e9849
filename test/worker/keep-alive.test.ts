import { expect, test } from "bun:test";
import { isIdleFor } from "../../src/worker/keep-alive.ts";

test.each([
  ["answered, quiet for less than the limit", true, 900, 950, false],
  ["answered, quiet for the limit", true, 1000, 1050, true],
  ["answered in the same tick as it asked", true, 1000, 1000, true],
  ["a request is being received or answered", true, 5000, 1500, false],
  ["half a request, for longer than a head may take", true, 20_000, 12_000, true],
  ["silent since it connected", false, 5000, 5000, false],
  ["silent for longer than a head may take", false, 12_000, 12_000, true],
])("%s", (_case, hasReceived, sinceSentMs, sinceReceivedMs, idle) => {
  expect(isIdleFor(1000, { hasReceived, sinceSentMs, sinceReceivedMs })).toBe(idle);
});
