// Entries of the access log in each format.
import { describe, expect, test } from "bun:test";
import { type AccessEntry, formatAccess, formatWithin } from "../../src/log/access-format.ts";

const entry: AccessEntry = {
  timeMs: Date.UTC(2026, 10, 3, 4, 5, 6, 789),
  client: "192.0.2.1",
  method: "GET",
  target: "/a?b=c",
  status: 200,
  bytes: 5,
  durationMs: 1.23456,
  referer: null,
  userAgent: "curl/8",
  requestId: undefined,
  traceId: undefined,
  spanId: undefined,
  generation: 1,
  worker: 4,
};
const TIME = String.raw`\[0[34]/Nov/2026:\d\d:\d\d:06 [+-]\d{4}\]`;

describe("an entry of the access log", () => {
  test("has the fields of the Common Log Format", () => {
    expect(formatAccess(entry, "common")).toMatch(
      new RegExp(`^192\\.0\\.2\\.1 - - ${TIME} "GET /a\\?b=c HTTP/1\\.1" 200 5\n$`),
    );
  });

  test("has two headers more in the Combined Log Format", () => {
    expect(formatAccess(entry, "combined")).toEndWith(' 200 5 "-" "curl/8"\n');
  });

  test("has all there is as JSON", () => {
    expect(JSON.parse(formatAccess({ ...entry, requestId: "x" }, "json"))).toEqual({
      time: "2026-11-03T04:05:06.789Z",
      level: "info",
      event: "request",
      msg: "GET /a?b=c 200",
      client: "192.0.2.1",
      method: "GET",
      path: "/a?b=c",
      status: 200,
      bytes: 5,
      duration_ms: 1.235,
      user_agent: "curl/8",
      request_id: "x",
      generation: 1,
      worker: 4,
    });
  });

  test("has the trace in JSON, where there is one", () => {
    const traced = { ...entry, traceId: "4bf9", spanId: "00f0" };
    expect(JSON.parse(formatAccess(traced, "json"))).toMatchObject({
      trace_id: "4bf9",
      span_id: "00f0",
    });
    expect(formatAccess(traced, "common")).toBe(formatAccess(entry, "common"));
    expect(formatAccess(entry, "json")).not.toMatch(/trace|span/);
  });

  test("has no size where nobody knows it", () => {
    expect(formatAccess({ ...entry, bytes: undefined }, "common")).toEndWith(" 200 -\n");
    expect(formatAccess({ ...entry, bytes: undefined }, "json")).not.toContain("bytes");
  });

  const hostile = 'a"b\\c\nd\r\u001b[31mé\u2028';
  test("is one line of ASCII whatever a client sends", () => {
    const line = formatAccess({ ...entry, userAgent: hostile, referer: hostile }, "combined");
    const shown = String.raw`"a\"b\\c\x0ad\x0d\x1b[31m\xc3\xa9\xe2\x80\xa8"`;
    expect(line).toEndWith(` 200 5 ${shown} ${shown}\n`);
  });

  test("is one line of JSON whatever a client sends", () => {
    const line = formatAccess({ ...entry, userAgent: hostile }, "json");
    expect(line.trimEnd()).not.toContain("\n");
    expect(JSON.parse(line)).toMatchObject({ user_agent: hostile });
  });

  test("is not cut when it fits", () => {
    expect(formatWithin(entry, "combined", 4096)).toBe(formatAccess(entry, "combined"));
  });

  test.each(["common", "combined", "json"] as const)("fits one write to a pipe as %s", (format) => {
    const long = "\u0001".repeat(20_000);
    const huge = {
      ...entry,
      target: "/x".repeat(8000),
      userAgent: long,
      referer: "é".repeat(9000),
    };
    expect(Buffer.byteLength(formatAccess(huge, format))).toBeGreaterThan(4096);
    expect(Buffer.byteLength(formatWithin(huge, format, 4096))).toBeLessThanOrEqual(4096);
  });
});
