// Whose a request is, behind proxies.
import { describe, expect, test } from "bun:test";
import { plainAddress } from "../../../src/net/address.ts";
import { Clients } from "../../../src/worker/requests/clients.ts";

const clients = new Clients(["10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"]);

describe("a peer is trusted", () => {
  test.each(["10.1.2.3", "10.255.255.255", "127.0.0.1", "fd12::1", "::1"])("at %s", (peer) => {
    expect(clients.isTrusted(peer)).toBe(true);
    expect(clients.isTrusted(peer)).toBe(true);
  });
  test.each(["11.0.0.1", "127.0.0.2", "fe80::1", "::2", "-", ""])("not at %p", (peer) => {
    expect(clients.isTrusted(peer)).toBe(false);
  });
});

describe("behind a trusted peer the client is", () => {
  const cases: [what: string, hops: string, client: string | undefined, known: number][] = [
    ["whom it names", "198.51.100.1", "198.51.100.1", 1],
    ["the last that is no proxy", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1", 2],
    ["the first when all are proxies", "10.0.0.3, 10.0.0.2", "10.0.0.3", 2],
    ["without its port", "198.51.100.1:4711", "198.51.100.1", 1],
    ["without its brackets and port", "[2001:db8::1]:4711", "2001:db8::1", 1],
    ["without its brackets", "[2001:db8::1]", "2001:db8::1", 1],
    ["the last proxy when the next is no address", "unknown, 10.0.0.2", "10.0.0.2", 1],
    ["nobody when nothing is an address", '"><script>', undefined, 0],
    ["nobody when the last is none", "198.51.100.1, ", undefined, 0],
    ["nobody when the last has a zone", "fe80::1%eth0", undefined, 0],
    ["somebody on a Unix socket of the proxy", "1.1.1.1, unix:", "unix:", 1],
  ];
  test.each(cases)("%s", (_, hops, client, known) => {
    expect(clients.chainIn(hops)).toMatchObject({ client, known });
    expect(clients.chainIn(hops)).toMatchObject({ client, known });
  });
});

test("whoever may use a Unix socket is trusted by its name", () => {
  expect(clients.isTrusted("unix:")).toBe(false);
  expect(new Clients(["unix"]).isTrusted("unix:")).toBe(true);
});

test("an IPv4 client on a socket for both families has its IPv4 address", () => {
  expect(plainAddress("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(plainAddress("::ffff:1")).toBe("::ffff:1");
  expect(plainAddress("192.0.2.1")).toBe("192.0.2.1");
});
