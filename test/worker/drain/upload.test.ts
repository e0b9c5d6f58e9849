// Which uploads are too slow: at least 1000 bytes a second are asked for here, over 30 s.
import { describe, expect, test } from "bun:test";
import {
  hasUpload,
  isTooSlow,
  newUpload,
  ofAnyProtocol,
  ofHttp1,
  uploadAt,
} from "../../../src/worker/drain/upload.ts";

const RATE = 1000;
const SECOND = 1000;
/** What the connection had received before the request. */
const BASE = 700;

interface Client {
  /** Bytes of the request that have come by then. */
  readonly bytes: (seconds: number) => number;
  readonly unread?: (seconds: number) => number;
  readonly whole: number | undefined;
  readonly most?: number;
}

/** After how many seconds it is found to be too slow, when looked at every 2 s; 0: never. */
function slowAfter({ bytes, unread = () => 0, whole, most = Infinity }: Client): number {
  let upload = newUpload(BASE, 0);
  for (let at = 2; at <= 300; at += 2) {
    upload = uploadAt(upload, at * SECOND, BASE + bytes(at), unread(at));
    if (isTooSlow(upload, at * SECOND, RATE, { leastBytes: whole, mostBytes: most })) return at;
  }
  return 0;
}

const LONG = 10_000_000;

test.each<[string, Client, number]>([
  ["half the rate", { bytes: (s) => s * 500, whole: LONG }, 30],
  ["a byte now and then", { bytes: (s) => s / 10, whole: LONG }, 30],
  ["nothing but the head", { bytes: () => 150, whole: LONG }, 30],
  ["a little more than the rate", { bytes: (s) => s * 1010, whole: LONG }, 0],
  ["the rate in bursts each 15 s", { bytes: (s) => Math.ceil(s / 15) * 16_000, whole: LONG }, 0],
  ["a lot, and then nothing", { bytes: () => 50_000, whole: LONG }, 32],
  [
    "a lot for a minute, and then nothing",
    { bytes: (s) => Math.min(s, 60) * 5000, whole: LONG },
    86,
  ],
  ["all of a short body at once", { bytes: () => 400, whole: 400 }, 0],
  ["all but the last byte", { bytes: () => 399, whole: 400 }, 30],
  ["a body that ends in time", { bytes: (s) => Math.min(s * 500, 10_000), whole: 10_000 }, 0],
  ["so much that it may have to wait", { bytes: () => 60_000, whole: LONG, most: 60_000 }, 0],
  ["chunks at half the rate", { bytes: (s) => s * 500, whole: undefined }, 30],
  ["chunks that may have ended", { bytes: (s) => Math.min(s, 4) * 500, whole: undefined }, 0],
  ["chunks that end after 20 s", { bytes: (s) => Math.min(s, 20) * 500, whole: undefined }, 30],
  ["little, but we do not read", { bytes: () => 200, unread: () => 50, whole: LONG }, 0],
  [
    "little, since we have not read for a minute",
    { bytes: () => 200, unread: (s) => (s < 60 ? 50 : 0), whole: LONG },
    88,
  ],
])("%s", (_, client, seconds) => {
  expect(slowAfter(client)).toBe(seconds);
});

function request(method: string, headers: Record<string, string>) {
  return { method, url: "", headers: new Headers(headers) };
}

describe("a request", () => {
  test.each([
    ["POST", { "content-length": "5" }, true],
    ["POST", { "transfer-encoding": "chunked" }, true],
    ["POST", { "content-length": "0" }, false],
    ["DELETE", {}, false],
    ["GET", { "content-length": "5" }, false],
  ])("%s %j: whether it has a body is %p", (method, headers, expected) => {
    expect(hasUpload(request(method, headers))).toBe(expected);
  });

  test("has as many bytes as its head and its body, or more", () => {
    const head = "POST /a?b HTTP/1.1\r\ncontent-length:5\r\n\r\n";
    const sent = request("POST", { "content-length": "5" });
    expect(ofHttp1(sent, "/a?b").leastBytes).toBe(head.length + 5);
    expect(ofHttp1(sent, "/%C3%A9").leastBytes).toBe(head.length - "/a?b".length + 3 + 5);
    const chunked = request("POST", { "transfer-encoding": "chunked" });
    expect(ofHttp1(chunked, "/").leastBytes).toBeUndefined();
  });

  test("has no more bytes because an app adds headers to it", () => {
    const sent = request("POST", { "content-length": "5" });
    const before = ofHttp1(sent, "/").leastBytes;
    sent.headers.set("x-user", "somebody");
    expect(ofHttp1(sent, "/").leastBytes).toBe(before);
  });

  test("of HTTP/2 has its body, of which 60,000 bytes may come at once", () => {
    const sent = request("POST", { host: "x", "content-length": "5" });
    expect(ofAnyProtocol(sent)).toEqual({ leastBytes: 5, mostBytes: 60_000 });
  });
});
