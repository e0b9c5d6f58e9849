// What a CA's refusal means for the next attempt.
import { expect, test } from "bun:test";
import { type Answer, failureOf, retryAfterMsOf, unreachable } from "../../src/acme/refusals.ts";

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
  const { reason, ...rest } = failureOf("why", answer, NOW_MS);
  expect(rest).toEqual(expected);
  expect(reason).toContain(answer?.status === 503 ? "the status 503, and does not say why" : "why");
});

const ERROR = "urn:ietf:params:acme:error";

function said(reason: string, status: number, type: string): string {
  const answer = { status, retryAfter: undefined, type: `${ERROR}:${type}` };
  return failureOf(reason, answer, NOW_MS).reason;
}

test("a CA's words become one bounded line, with a remedy", () => {
  expect(said("two\r\n lines", 400, "malformed")).toBe("two lines");
  expect(said("x".repeat(100_000), 400, "malformed")).toHaveLength(501);
  expect(said("no TLD", 400, "rejectedIdentifier")).toMatch(
    /^no TLD \(.*out of tls\.acme\.domains\)$/,
  );
  // What the CA found when it asked here, and what it thinks of the account.
  expect(said("404", 200, "unauthorized")).toMatch(/^404 \(another machine answers/);
  expect(said("deactivated", 403, "unauthorized")).toBe("deactivated");
});

test.each([
  ["ECONNREFUSED", /^ca\.test accepts no connections: see whether tls\.acme\.directory/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /^ca\.test is not trusted .*: set tls\.acme\.ca to/],
  ["CERT_HAS_EXPIRED", /clock/],
  ["EPIPE", /^ca\.test cannot be asked \(EPIPE\)$/],
])("a CA that cannot be reached: %s", (code, words) => {
  expect(unreachable("ca.test", code)).toMatch(words);
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
