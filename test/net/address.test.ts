// Addresses as texts and as the kernel stores them.
import { expect, test } from "bun:test";
import { encodeAddress, formatAddress } from "../../src/net/address.ts";

test.each([
  ["127.0.0.1", 8000, "127.0.0.1:8000"],
  ["::1", 80, "[::1]:80"],
  ["0.0.0.0", 0, "0.0.0.0:0"],
])("%s and port %d are written as %s", (host, port, text) => {
  expect(formatAddress({ host, port })).toBe(text);
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
