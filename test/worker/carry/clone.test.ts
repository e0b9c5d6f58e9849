// What a new version gets of a WebSocket's old `data`.
import { expect, test } from "bun:test";
import { copyData, readData } from "../../../src/worker/carry/clone.ts";

test.each([
  [{ user: "me", unread: 3 }],
  [new Map([["a", new Date(0)]])],
  ["a text"],
  [undefined],
  [null],
])("what can be copied is: %p", (data) => {
  expect(readData(copyData(data))).toEqual(data as never);
});

test("members that cannot be copied are missing, and the others are there", () => {
  const data = { user: "me", send: () => undefined, nested: { call: () => undefined }, list: [1] };
  expect(readData(copyData(data))).toEqual({ user: "me", list: [1] });
});

test("of what cannot be copied at all nothing is left", () => {
  expect(readData(copyData(() => undefined))).toBeUndefined();
});

test("what is larger than a mebibyte stays behind", () => {
  const data = { user: "me", history: "x".repeat(1024 * 1024) };
  expect(readData(copyData(data))).toEqual({ user: "me" });
});
