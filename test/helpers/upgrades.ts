// What clients of a WebSocket say to test/apps/features/ws.mjs, byte by byte.

const MASK = [1, 2, 3, 4] as const;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const MORE = 0x100;

/** A frame; with MORE, others follow that belong to it. */
function frame(opcode: number, payload: string): Buffer {
  const bytes = Buffer.from(payload, "latin1");
  const length = [0x80 | Math.min(bytes.length, 126)];
  if (bytes.length > 125) length.push(bytes.length >> 8, bytes.length & 255);
  const first = opcode >= MORE ? opcode - MORE : 0x80 | opcode;
  const masked = bytes.map((byte, index) => byte ^ (MASK[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([first, ...length, ...MASK]), masked]);
}

interface Upgrade {
  readonly method?: string;
  readonly to?: string;
  readonly version?: string;
  readonly key?: string;
  readonly more?: string;
}

function upgrade(path: string, given: Upgrade = {}): Buffer {
  const { method = "GET", to = "websocket", version = "13", more = "" } = given;
  const { key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" } = given;
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n`;
  const rest = `Upgrade: ${to}\r\nSec-WebSocket-Version: ${version}\r\n${key}${more}\r\n`;
  return Buffer.from(head + rest);
}

const DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const PROTOCOLS = "Sec-WebSocket-Protocol: a, b\r\n";

/** Each is sent piece by piece on a connection of its own. */
export const UPGRADES: Readonly<Record<string, readonly Buffer[]>> = {
  "text, bytes, fragments, a ping, a close": [
    upgrade("/"),
    frame(TEXT, "hello"),
    frame(BINARY, "\0\x01bytes"),
    Buffer.concat([frame(TEXT + MORE, "frag"), frame(0, "ment")]),
    frame(PING, "p"),
    frame(CLOSE, "\x03\xe8"),
  ],
  "a protocol, and the server's close": [upgrade("/", { more: PROTOCOLS }), frame(TEXT, "close")],
  "the server's ping": [upgrade("/"), frame(TEXT, "ping"), frame(PONG, "x")],
  "the server's cut": [upgrade("/"), frame(TEXT, "terminate")],
  compression: [upgrade("/", { more: DEFLATE }), frame(TEXT, "hello")],
  "a message that is too large": [upgrade("/"), frame(TEXT, "a".repeat(2000))],
  "a frame without a mask": [upgrade("/"), Buffer.from([0x81, 2, 104, 105])],
  "a message right behind the request": [Buffer.concat([upgrade("/"), frame(TEXT, "early")])],
  "an upgrade that comes later": [Buffer.concat([upgrade("/late"), frame(TEXT, "early")])],
  "a refusal": [upgrade("/refused")],
  "a refusal with a body": [upgrade("/ended")],
  "a protocol that is not WebSocket": [
    Buffer.concat([upgrade("/raw", { to: "raw" }), Buffer.from("xyz")]),
    Buffer.from("more"),
  ],
  "no key": [upgrade("/", { key: "" })],
  "an old version": [upgrade("/", { version: "7" })],
  "another method": [upgrade("/", { method: "POST" })],
};
