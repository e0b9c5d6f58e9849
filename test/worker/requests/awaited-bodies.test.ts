// A body that the app waits for has more to come, but not in the first moment.
import { expect, test } from "bun:test";
import { isAwaited, noteRead } from "../../../src/worker/requests/awaited-bodies.ts";

test("a body is awaited while a read has been pending for a while, and not afterwards", async () => {
  const request = {};
  const { promise, resolve } = Promise.withResolvers<string>();
  const read = noteRead(request, promise);
  const nowMs = performance.now();
  expect(isAwaited(request, nowMs)).toBe(false);
  expect(isAwaited(request, nowMs + 1000)).toBe(true);
  expect(isAwaited({}, nowMs + 1000)).toBe(false);
  resolve("part");
  expect(await read).toBe("part");
  expect(isAwaited(request, nowMs + 1000)).toBe(false);
});

test("a read that fails is over", async () => {
  const request = {};
  const failed = noteRead(request, Promise.reject(new Error("gone")));
  expect(failed).rejects.toThrow("gone");
  await failed.catch(() => undefined);
  expect(isAwaited(request, performance.now() + 1000)).toBe(false);
});
