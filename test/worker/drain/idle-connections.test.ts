// How long a connection may still be idle, by its traffic.
import { expect, test } from "bun:test";
import { idleInMs } from "../../../src/worker/drain/idle-connections.ts";

test.each([
  ["answered, quiet for less than the limit", true, true, 900, 950, 100],
  ["answered, quiet for the limit", true, true, 1000, 1050, 0],
  ["answered in the same tick as it asked", true, true, 1000, 1000, 0],
  ["a first request that came in the tick of the handshake", true, false, 5000, 5000, 7000],
  ["a request is being received or answered", true, true, 5000, 1500, 10_500],
  ["half a request, for longer than a head may take", true, true, 20_000, 12_000, 0],
  ["silent since it connected", false, false, 5000, 5000, 7000],
  ["silent for longer than a head may take", false, false, 12_500, 12_500, -500],
])("%s", (_case, hasReceived, hasSent, sinceSentMs, sinceReceivedMs, leftMs) => {
  const received = hasReceived ? 100 : 0;
  const traffic = { hasReceived, received, hasSent, sinceSentMs, sinceReceivedMs };
  expect(idleInMs(1000, traffic)).toBe(leftMs);
});
