// What of the headers about a client and its connection reaches the app.
import { describe, expect, test } from "bun:test";
import { BunHeaders } from "../../../src/worker/requests/bun-headers.ts";
import { Clients } from "../../../src/worker/requests/clients.ts";
import { keepTrusted } from "../../../src/worker/requests/forwarding.ts";
import { NodeHeaders } from "../../../src/worker/requests/node-headers.ts";

type Given = Readonly<Record<string, string>>;

const PEER = "10.0.0.1";
const clients = new Clients(["10.0.0.0/8"]);

/** The same of Bun's headers and of node:http's: the client, and what is left. */
function kept(peer: string, given: Given): { client: string; left: Given } {
  const headers = new Headers(given);
  const client = keepTrusted(clients, peer, new BunHeaders(headers));
  const incoming = { headers: { ...given }, rawHeaders: Object.entries(given).flat() };
  const ofNode = keepTrusted(clients, peer, new NodeHeaders(incoming as never));
  const left = Object.fromEntries(headers);
  expect(ofNode).toBe(client);
  expect(incoming.headers).toEqual(left);
  expect(incoming.rawHeaders).toEqual(
    Object.keys(given).flatMap((name) => (name in left ? [name, left[name] ?? ""] : [])),
  );
  return { client, left };
}

test("nothing of it from a stranger, and all else", () => {
  const own = { host: "a.example", "x-forwarded": "not one of them", "x-request-start": "1" };
  const given = {
    ...own,
    forwarded: "for=1.1.1.1",
    "x-forwarded-for": "1.1.1.1",
    "x-forwarded-host": "evil.example",
    "x-forwarded-user": "admin",
    "x-real-ip": "1.1.1.1",
  };
  expect(kept("192.0.2.9", given)).toEqual({ client: "192.0.2.9", left: own });
  expect(kept("unix:", given)).toEqual({ client: "unix:", left: own });
});

describe("from a trusted proxy", () => {
  const FOR = "x-forwarded-for";
  const PROTO = "x-forwarded-proto";
  const HOST = "x-forwarded-host";
  const PORT = "x-forwarded-port";
  const REAL = "x-real-ip";
  const cases: [what: string, given: Given, client: string, left: Given][] = [
    ["nothing is nothing", {}, PEER, {}],
    ["one address", { [FOR]: "1.2.3.4" }, "1.2.3.4", { [FOR]: "1.2.3.4" }],
    [
      "a forged beginning is cut off",
      { [FOR]: "6.6.6.6, 1.2.3.4, 10.0.0.2" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4, 10.0.0.2" },
    ],
    [
      "a forged proxy is cut off",
      { [FOR]: "6.6.6.6,10.0.0.9,1.2.3.4" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4" },
    ],
    ["a port stays", { [FOR]: "x, 1.2.3.4:99" }, "1.2.3.4", { [FOR]: "1.2.3.4:99" }],
    ["what is no address goes", { [FOR]: "unknown" }, PEER, {}],
    ["an empty one goes", { [FOR]: "" }, PEER, {}],
    [
      "one protocol stays",
      { [FOR]: "1.2.3.4", [PROTO]: "https" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4", [PROTO]: "https" },
    ],
    ["one protocol stays without addresses", { [PROTO]: "HTTPS" }, PEER, { [PROTO]: "HTTPS" }],
    [
      "a forged protocol before it is cut off",
      { [FOR]: "6.6.6.6, 1.2.3.4", [PROTO]: "http, https" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4", [PROTO]: "https" },
    ],
    [
      "as many protocols as proxies",
      { [FOR]: "1.2.3.4, 10.0.0.2", [PROTO]: "x, https, http" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4, 10.0.0.2", [PROTO]: "https, http" },
    ],
    ["another protocol goes", { [PROTO]: "javascript" }, PEER, {}],
    [
      "a host stays",
      { [HOST]: "a.example:8443", [PORT]: "8443" },
      PEER,
      { [HOST]: "a.example:8443", [PORT]: "8443" },
    ],
    [
      "what is no host goes, and what is no port",
      { [HOST]: "a.example/path", [PORT]: "99999999" },
      PEER,
      {},
    ],
    [
      "a forged X-Real-IP is corrected",
      { [FOR]: "1.2.3.4", [REAL]: "6.6.6.6" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4", [REAL]: "1.2.3.4" },
    ],
    ["X-Real-IP alone counts", { [REAL]: "1.2.3.4" }, "1.2.3.4", { [REAL]: "1.2.3.4" }],
    ["X-Real-IP that is none goes", { [REAL]: "localhost" }, PEER, {}],
    [
      "Forwarded alone counts",
      { forwarded: "for=1.2.3.4;proto=https" },
      "1.2.3.4",
      { forwarded: "for=1.2.3.4;proto=https" },
    ],
    [
      "a forged beginning of Forwarded is cut off",
      { forwarded: 'for=6.6.6.6, For="[2001:db8::1]:47";host=a,for=10.0.0.2' },
      "2001:db8::1",
      { forwarded: 'For="[2001:db8::1]:47";host=a, for=10.0.0.2' },
    ],
    [
      "a hidden client is the proxy's word",
      { forwarded: "for=6.6.6.6, for=_hidden;proto=https" },
      PEER,
      { forwarded: "for=_hidden;proto=https" },
    ],
    [
      "an unknown client likewise",
      { forwarded: "for=unknown" },
      PEER,
      { forwarded: "for=unknown" },
    ],
    [
      "Forwarded that names another client goes",
      { [FOR]: "1.2.3.4", forwarded: "for=6.6.6.6" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4" },
    ],
    [
      "Forwarded that names the same stays",
      { [FOR]: "1.2.3.4", forwarded: "for=1.2.3.4" },
      "1.2.3.4",
      { [FOR]: "1.2.3.4", forwarded: "for=1.2.3.4" },
    ],
    ["Forwarded that is not valid goes", { forwarded: 'for="1.2.3.4' }, PEER, {}],
    ["others are the proxy's", { "x-forwarded-user": "ann" }, PEER, { "x-forwarded-user": "ann" }],
  ];
  test.each(cases)("%s", (_, given, client, left) => {
    expect(kept(PEER, given)).toEqual({ client, left });
  });
});

test("of several fields of one name in rawHeaders one is left, with what is known", () => {
  const incoming = {
    headers: { "x-forwarded-for": "6.6.6.6, 1.2.3.4" },
    rawHeaders: ["X-Forwarded-For", "6.6.6.6", "Host", "a", "x-forwarded-for", "1.2.3.4"],
  };
  keepTrusted(clients, PEER, new NodeHeaders(incoming as never));
  expect(incoming).toEqual({
    headers: { "x-forwarded-for": "1.2.3.4" },
    rawHeaders: ["X-Forwarded-For", "1.2.3.4", "Host", "a"],
  });
});
