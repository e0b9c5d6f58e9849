// The name of a connection, as the kernel and as Bun tell it.
import { expect, test } from "bun:test";
import { plain } from "../../../src/net/address.ts";
import { connectionKey, serverOf } from "../../../src/worker/connections/connection.ts";
import { pathOf } from "../../../src/worker/http/target.ts";

const servers = ["127.0.0.1", "0.0.0.0", "::1", "::"].map((host, number) => ({
  local: plain({ host, port: 80 }),
  number,
}));

test.each([
  ["127.0.0.1", 80, 0],
  ["::ffff:127.0.0.1", 80, 0],
  ["10.1.2.3", 80, 1],
  ["::1", 80, 2],
  ["2001:db8::7", 80, 3],
  ["127.0.0.1", 81, undefined],
])("a connection to %s, port %d, is of server %p", (host, port, number) => {
  expect(serverOf(plain({ host, port }), servers)).toBe(number);
});

test("a server on all addresses of both families has connections of IPv4", () => {
  expect(serverOf({ host: "10.0.0.1", port: 80 }, servers.slice(3))).toBe(3);
});

test("what is on the port of another address is no connection of ours", () => {
  expect(serverOf({ host: "127.0.0.9", port: 80 }, servers.slice(0, 1))).toBeUndefined();
});

test.each([
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["::ffff:a00:1", "10.0.0.1"],
  ["2001:DB8::1", "2001:db8:0:0:0:0:0:1"],
  ["fe80::1%eth0", "fe80::1"],
])("%s and %s are one client", (one, other) => {
  const [a, b] = [one, other].map((address) => connectionKey(0, { address, port: 5 }));
  expect(a).toBe(b as string);
});

test("clients of one port are different on another address, and on another server", () => {
  const keys = [
    connectionKey(0, { address: "127.0.0.2", port: 5 }),
    connectionKey(0, { address: "127.0.0.3", port: 5 }),
    connectionKey(1, { address: "127.0.0.2", port: 5 }),
    connectionKey(0, { address: "127.0.0.2", port: 6 }),
  ];
  expect(new Set(keys).size).toBe(4);
});

test.each([
  ["http://localhost/a/b?secret=1", "/a/b"],
  ["/a/b?secret=1", "/a/b"],
  ["/a?to=http://x/y", "/a"],
  ["//", "//"],
  ["*", "*"],
  ["http://[", "http://["],
  ["http://a:99999/x#y", "/x"],
  ["/\x1b[31m\n\ud800é", "/%1B[31m%0A%EF%BF%BD%C3%A9"],
  [`/${"x".repeat(9_000)}`, `/${"x".repeat(199)}…`],
])("the path of %j is told as %s", (url, path) => {
  expect(pathOf({ url } as Request)).toBe(path);
});
