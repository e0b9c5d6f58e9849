import { expect, test } from "bun:test";
import { idleInMs } from "../../src/worker/idle-connections.ts";

test.each([
  ["answered, quiet for less than the limit", true, 900, 950, 100],
  ["answered, quiet for the limit", true, 1000, 1050, 0],
  ["answered in the same tick as it asked", true, 1000, 1000, 0],
  ["a request is being received or answered", true, 5000, 1500, 10_500],
  ["half a request, for longer than a head may take", true, 20_000, 12_000, 0],
  ["silent since it connected", false, 5000, 5000, 7000],
  ["silent for longer than a head may take", false, 12_500, 12_500, -500],
])("%s", (_case, hasReceived, sinceSentMs, sinceReceivedMs, leftMs) => {
  expect(idleInMs(1000, { hasReceived, sinceSentMs, sinceReceivedMs })).toBe(leftMs);
});
