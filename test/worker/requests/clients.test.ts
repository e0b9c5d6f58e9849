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

describe("the client is", () => {
  const cases: [what: string, peer: string, forwardedFor: string | null, client: string][] = [
    ["the peer without the header", "10.0.0.1", null, "10.0.0.1"],
    ["an untrusted peer, whatever it says", "192.0.2.9", "198.51.100.1", "192.0.2.9"],
    ["whom a trusted peer names", "10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["the last that is no proxy", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"],
    ["the first when all are proxies", "10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"],
    ["without its port", "10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
    ["without its brackets and port", "::1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["the last proxy when the next is no address", "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"],
    ["the peer when the header is none", "10.0.0.1", '"><script>', "10.0.0.1"],
    ["the peer when the header is empty", "10.0.0.1", "", "10.0.0.1"],
  ];
  test.each(cases)("%s", (_, peer, forwardedFor, client) => {
    expect(clients.clientOf(peer, forwardedFor)).toBe(client);
  });
});

test("an IPv4 client on a socket for both families has its IPv4 address", () => {
  expect(plainAddress("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(plainAddress("::ffff:1")).toBe("::ffff:1");
  expect(plainAddress("192.0.2.1")).toBe("192.0.2.1");
});
