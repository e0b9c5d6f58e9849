// How long a connection may still be idle, by its traffic.
import { expect, test } from "bun:test";
import { idleInMs } from "../../../src/worker/drain/idle.ts";

const LIMITS = { keepAliveMs: 1000, silentMs: 5000 };

test.each([
  ["answered, quiet for less than the limit", true, 900, 950, 100],
  ["answered, quiet for the limit", true, 1000, 1050, 0],
  ["sent to a moment ago", true, 10, 1500, 990],
  ["silent since it connected", false, 4000, 4000, 1000],
  ["silent for longer than it may be", false, 5500, 5500, -500],
])("%s", (_case, hasReceived, sinceSentMs, sinceReceivedMs, leftMs) => {
  const rest = { hasSent: true, receivedBytes: 1, sentSegments: 1 };
  const traffic = { hasReceived, sinceSentMs, sinceReceivedMs, ...rest };
  expect(idleInMs(LIMITS, traffic)).toBe(leftMs);
});
