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

function throwing(): never {
  throw new Error("a getter of the app");
}

test("whatever the app has put there, the rest is copied, and nothing is thrown", () => {
  const thrower = { user: "me" };
  Object.defineProperty(thrower, "lazy", { enumerable: true, get: throwing });
  expect(readData(copyData(thrower))).toEqual({ user: "me" });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(readData(copyData(proxy))).toEqual({});
  expect(readData(copyData({ user: "me", proxy }))).toEqual({ user: "me" });
  const circle: Record<string, unknown> = { user: "me" };
  circle["self"] = circle;
  expect(readData(copyData(circle))).toEqual(circle as never);
});

test.each([
  ["a list", Array.from({ length: 200_000 }, (_, at) => at)],
  ["bytes", new Uint8Array(2 ** 21)],
  ["a map", new Map(Array.from({ length: 100_000 }, (_, at) => [at, at]))],
  ["a set", new Set(Array.from({ length: 200_000 }, (_, at) => at))],
  ["long names", Object.fromEntries([["x".repeat(2 ** 20), 1]])],
])("what many refer to is looked at once, if it is too large: %s", (_, shared) => {
  const reads: string[] = [];
  const watched = { shared };
  const data = (user: string) =>
    Object.defineProperties({ user } as Record<string, unknown>, {
      room: {
        enumerable: true,
        get: () => {
          reads.push(user);
          return watched;
        },
      },
    });
  expect(readData(copyData(data("me")))).toEqual({ user: "me" });
  let looked = 0;
  Object.defineProperty(watched, "shared", { enumerable: true, get: () => (looked++, shared) });
  for (let at = 0; at < 100; at++) {
    expect(readData(copyData(data(`${at}`)))).toEqual({ user: `${at}` });
  }
  expect(looked).toBe(0);
});
