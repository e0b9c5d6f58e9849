// What a CA's refusal means for the next attempt.
import { expect, test } from "bun:test";
import { type Answer, failureOf, retryAfterMsOf } from "../../src/acme/refusals.ts";

const NOW_MS = Date.parse("2026-11-27T12:00:00Z");
const LIMITED = "urn:ietf:params:acme:error:rateLimited";

test.each<[Answer | undefined, object]>([
  [undefined, {}],
  [{ status: 200, retryAfter: "60", type: undefined }, {}],
  [{ status: 403, retryAfter: undefined, type: "x:unauthorized" }, { isLimited: false }],
  [{ status: 403, retryAfter: "60", type: "x:unauthorized" }, { isLimited: false }],
  [
    { status: 429, retryAfter: "7200", type: LIMITED },
    { isLimited: true, retryAfterMs: 7_200_000 },
  ],
  [{ status: 400, retryAfter: undefined, type: LIMITED }, { isLimited: true }],
  [
    { status: 503, retryAfter: "30", type: undefined },
    { isLimited: false, retryAfterMs: 30_000 },
  ],
])("%j", (answer, expected) => {
  expect(failureOf("why", answer, NOW_MS)).toEqual({ reason: "why", ...expected });
});

test.each([
  ["120", 120_000],
  ["Fri, 27 Nov 2026 13:00:00 GMT", 3_600_000],
  ["Fri, 27 Nov 2026 11:00:00 GMT", undefined],
  ["soon", undefined],
  ["0", undefined],
  [undefined, undefined],
])("Retry-After: %s", (text, ms) => {
  expect(retryAfterMsOf(text, NOW_MS)).toBe(ms);
});
