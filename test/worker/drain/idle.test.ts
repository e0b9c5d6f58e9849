// How long a connection may still be idle, by its traffic.
import { expect, test } from "bun:test";
import { idleInMs } from "../../../src/worker/drain/idle.ts";

const LIMITS = { keepAliveMs: 1000, silentMs: 5000 };

test.each([
  ["answered, quiet for less than the limit", false, 900, 950, 100],
  ["answered, quiet for the limit", false, 1000, 1050, 0],
  ["sent to a moment ago", false, 10, 1500, 990],
  ["silent since it connected", true, 4000, 4000, 1000],
  ["silent for longer than it may be", true, 5500, 5500, -500],
])("%s", (_case, isSilent, sinceSentMs, sinceReceivedMs, leftMs) => {
  expect(idleInMs(LIMITS, { sinceSentMs, sinceReceivedMs }, isSilent)).toBe(leftMs);
});
