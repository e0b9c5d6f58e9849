// The upgrade request of a client, as a new version gets it.
import { describe, expect, test } from "bun:test";
import {
  askedAgain,
  handshakeOf,
  readAnswer,
} from "../../../src/worker/movable/handshake-request.ts";

test("a request is asked again with its path and headers, and says that it is", () => {
  const request = new Request("http://example.org:8000/chat/blue?a=%20b", {
    headers: {
      host: "example.org:8000",
      cookie: "session=1",
      "sec-websocket-extensions": "permessage-deflate",
      "pounce-resume": "forged",
      "pounce-carry": "forged",
    },
  });
  const text = askedAgain(handshakeOf(request), "token").toString();
  expect(text.split("\r\n")).toEqual([
    "GET /chat/blue?a=%20b HTTP/1.1",
    "cookie: session=1",
    "host: example.org:8000",
    "pounce-resume: 1",
    "pounce-carry: token",
    "",
    "",
  ]);
});

describe("an answer", () => {
  test.each([
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n", { isUpgraded: true, status: "101" }],
    ["HTTP/1.1 101 Switching Protocols\r\n\r\nmore", { isUpgraded: true, status: "101" }],
    ["HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", { isUpgraded: false, status: "403" }],
    ["HTTP/1.1 101 Switching Protocols\r\n", undefined],
    ["", undefined],
  ])("%j", (text, expected) => {
    expect(readAnswer(text)).toEqual(expected);
  });
});
