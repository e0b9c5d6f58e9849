// Addresses as texts and as the kernel stores them.
import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { descriptors } from "../../src/os/open-descriptors.ts";
import { shortHost, boundSockets, encodeAddress, formatAddress } from "../../src/net/address.ts";

test.each([
  ["127.0.0.1", 8000, "127.0.0.1:8000"],
  ["::1", 80, "[::1]:80"],
  ["0.0.0.0", 0, "0.0.0.0:0"],
])("%s and port %d are written as %s", (host, port, text) => {
  expect(formatAddress({ host, port })).toBe(text);
});

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:0:0:1:0:0:0:0", "2001:0:0:1::"],
  ["10:0:1:10:0:a0:0:1", "10:0:1:10:0:a0:0:1"],
])("%s is %s for people", (host, short) => {
  expect(shortHost(host)).toBe(short);
});

test.each([
  ["127.0.0.1", "02001f407f0000010000000000000000"],
  ["::", `0a001f4000000000${"00".repeat(16)}00000000`],
  ["::1", `0a001f4000000000${"00".repeat(15)}0100000000`],
  ["2001:db8::ff00:42:8329", "0a001f400000000020010db8000000000000ff000042832900000000"],
  ["::ffff:10.1.2.3", "0a001f400000000000000000000000000000ffff0a01020300000000"],
  ["1:2:3:4:5:6:7:8", "0a001f40000000000001000200030004000500060007000800000000"],
])("%s is encoded as the kernel's structure", (host, hex) => {
  expect(Buffer.from(encodeAddress({ host, port: 8000 })).toString("hex")).toBe(hex);
});

test("among descriptors, the sockets of both families are found, each with its port", () => {
  const file = openSync("/dev/null", "r");
  const socket = { data: () => undefined };
  const v4 = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
  const v6 = Bun.listen({ hostname: "::1", port: 0, socket });
  const unix = Bun.listen({ unix: `\0pounce-test-${process.pid}`, socket });
  const fds = descriptors();
  const found = boundSockets(fds);
  expect(found.map(({ port }) => port)).toEqual(expect.arrayContaining([v4.port, v6.port]));
  expect(found.filter(({ port }) => port === v4.port)).toHaveLength(1);
  expect(fds).toContain(file);
  expect(boundSockets([file, -1])).toEqual([]);
  for (const listener of [v4, v6, unix]) listener.stop(true);
  closeSync(file);
});
