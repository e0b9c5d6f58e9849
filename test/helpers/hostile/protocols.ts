// WebSockets that are wrong, and other protocols on the port of HTTP.
import { all, type Exchange, get, HIDDEN, REFUSED, SERVED } from "./exchange.ts";

const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const VERSION = "Sec-WebSocket-Version: 13";
const UPGRADE = "Upgrade: websocket";
const CONNECTION = "Connection: Upgrade";
const ALL = [CONNECTION, UPGRADE, KEY, VERSION];
const socket = (...fields: readonly string[]): string => get("PATH/socket", ...fields);
const CALL = ["GET PATH/socket"];
/** 101, and the connection ends with a close frame. */
const BROKEN = "101 closed";

export const PROTOCOLS: readonly Exchange[] = [
  { sends: socket(...ALL), answers: "101 waits", calls: CALL },
  {
    sends: socket("Connection: keep-alive, upgrade", "Upgrade: WebSocket", KEY, VERSION),
    answers: "101 waits",
    calls: CALL,
  },
  ...all(
    [
      socket(CONNECTION, UPGRADE, VERSION),
      socket(CONNECTION, UPGRADE, VERSION, "Sec-WebSocket-Key: x"),
      socket(CONNECTION, UPGRADE, VERSION, `Sec-WebSocket-Key: ${"x".repeat(500)}`),
      socket(...ALL, KEY),
      socket(CONNECTION, KEY, VERSION),
      socket(UPGRADE, KEY, VERSION),
      socket("Connection: keep-alive", UPGRADE, KEY, VERSION),
    ],
    SERVED,
    CALL,
  ),
  ...all(
    [
      socket(CONNECTION, UPGRADE, KEY),
      socket(CONNECTION, UPGRADE, KEY, "Sec-WebSocket-Version: 8"),
    ],
    "426 closed",
    CALL,
  ),
  ...all([socket(...ALL).replace("GET", "POST")], SERVED, ["POST PATH/socket"]),
  ...all([socket(...ALL).replace("Host: a", "Host: a b") + HIDDEN], REFUSED),
  {
    sends: socket(...ALL).replace("HTTP/1.1", "HTTP/1.0"),
    answers: "101 waits",
    calls: CALL,
    amiss: "no upgrade",
  },
  // With a body it is a request like any other.
  { sends: `${socket(...ALL, "Content-Length: 5")}hello`, answers: SERVED, calls: CALL },
  {
    sends: `${socket(...ALL, "Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n\r\n`,
    answers: "200 closed",
    calls: CALL,
  },
  // What follows the handshake is frames, never a request.
  ...all(
    [
      HIDDEN,
      "\u0081\u0002hi",
      "\u0081\u00ff\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\0\0\0\0",
      "\u00f1\u0082\0\0\0\0hi",
      `\u0089\u00fe\u0001\u0000\0\0\0\0${"x".repeat(256)}`,
      "\u0081\u0082\0\0\0\0\u00ff\u00ff",
      "\u0080\u0082\0\0\0\0hi",
      "\u0088\u0081\0\0\0\0x",
      "\u0083\u0082\0\0\0\0hi",
    ].map((frame) => socket(...ALL) + frame),
    BROKEN,
    CALL,
  ),
  // Other protocols.
  ...all(
    [
      `\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003${"x".repeat(506)}`,
      `\u0080.\u0001\u0003\u0001\0\u0015${"x".repeat(40)}`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0",
      `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${get("PATH")}`,
      `\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\f${"\u0001".repeat(12)}${get("PATH")}`,
      "SSH-2.0-x\r\n",
      "EHLO a\r\n",
      "*1\r\n$4\r\nPING\r\n",
    ],
    REFUSED,
  ),
];
