// Packets of socket.io, as far as they are understood.
import { describe, expect, test } from "bun:test";
import {
  type Packet,
  readOpen,
  readPacket,
  withoutRecovery,
} from "../../../src/core/carry/socket-io-packet.ts";

const packet = (kind: Packet["kind"], more: Partial<Packet> = {}): Packet => ({
  kind,
  attachments: 0,
  namespace: "/",
  ack: undefined,
  rest: "",
  ...more,
});

describe("a packet", () => {
  test.each<[string, Packet | undefined]>([
    ["40", packet("connect")],
    ['40{"token":"a,b"}', packet("connect", { rest: '{"token":"a,b"}' })],
    ["40/admin,", packet("connect", { namespace: "/admin" })],
    ["40/admin", packet("connect", { namespace: "/admin" })],
    ['40/admin,{"a":1}', packet("connect", { namespace: "/admin", rest: '{"a":1}' })],
    ["41", packet("disconnect")],
    ["41/a/b?c=d,", packet("disconnect", { namespace: "/a/b?c=d" })],
    ['42["a","/b,"]', packet("event", { rest: '["a","/b,"]' })],
    ['4212["a"]', packet("event", { ack: "/,12", rest: '["a"]' })],
    ['42/x,0["a"]', packet("event", { namespace: "/x", ack: "/x,0", rest: '["a"]' })],
    ["4312[]", packet("ack", { ack: "/,12", rest: "[]" })],
    ['44{"message":"no"}', packet("connect-error", { rest: '{"message":"no"}' })],
    ['44"no"', packet("connect-error", { rest: '"no"' })],
    ['452-["a"]', packet("binary-event", { attachments: 2, rest: '["a"]' })],
    [
      '451-/x,7["a"]',
      packet("binary-event", { attachments: 1, namespace: "/x", ack: "/x,7", rest: '["a"]' }),
    ],
    ["461-3[]", packet("binary-ack", { attachments: 1, ack: "/,3", rest: "[]" })],
    // Other protocols on Engine.IO.
    ["4hello", undefined],
    ["4", undefined],
    ["40 points", undefined],
    ["47[]", undefined],
    ['45["a"]', undefined],
    ['421-["a"]', undefined],
    ["2probe", undefined],
  ])("%s", (message, expected) => {
    expect(readPacket(message)).toEqual(expected);
  });
});

test.each([
  ['0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}', 25_000],
  ['0{"sid":"x"}', undefined],
  ["0null", undefined],
  ["0{", undefined],
])("the server pings as it says: %s", (message, intervalMs) => {
  expect(readOpen(message)?.intervalMs).toBe(intervalMs as number);
});

test.each([
  ["40", "40"],
  ['40/a,{"token":"x"}', '40/a,{"token":"x"}'],
  ['40{"pid":"p","offset":"o"}', "40{}"],
  ['40/a,{"pid":"p","token":"x, y","offset":"o"}', '40/a,{"token":"x, y"}'],
  ['40{"pid":', '40{"pid":'],
])(
  "a client that had come back by %p is let in by %p: it has got what it has missed",
  (from, to) => {
    expect(withoutRecovery(from)).toBe(to);
  },
);
