// Where Bun's parser keeps whether it is between two messages of a WebSocket.
import { describe, expect, test } from "bun:test";
import { findParserState, memoryOf, SEARCHED } from "../../../src/worker/carry/parser-state.ts";

/** A copy of memory with these bytes, and zeros elsewhere. */
function memory(bytes: Readonly<Record<number, number>>): Uint8Array {
  const copy = new Uint8Array(SEARCHED);
  for (const [at, byte] of Object.entries(bytes)) copy[Number(at)] = byte;
  return copy;
}

describe("the byte of the state is", () => {
  const between = [memory({ 40: 0xe1, 128: 0xe1 }), memory({ 40: 0xe1, 128: 0xe1 })];

  test("the one that says so between messages, and never within one", () => {
    const within = [memory({ 40: 0xe1, 128: 0xe3 }), memory({ 40: 0xe1, 128: 0x80 })];
    expect(findParserState(between, within)).toBe(128);
  });

  test.each([
    ["none says so", [memory({ 40: 0xe1, 128: 0xe1 })]],
    ["two say so", [memory({ 40: 1, 128: 0x80 })]],
  ])("not known where %s", (_name, within) => {
    expect(findParserState(between, within)).toBeUndefined();
  });
});

test.each([
  [0x7f00_1234n, 0x7f00_1234],
  // Bun marks pointers to what is no socket.
  [0x8000_3d7d_68e1_800n, undefined],
  [0n, undefined],
])("what the event loop has noted is memory, or is not: %p", (data, expected) => {
  expect(memoryOf({ events: 1, data })).toBe(expected);
});
