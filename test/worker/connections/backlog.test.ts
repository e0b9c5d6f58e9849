// When a WebSocket may be closed without losing what Bun still holds of what was sent.
import { expect, test } from "bun:test";
import { onceSent } from "../../../src/worker/connections/backlog.ts";

test("what has nothing left to send is closed at once", () => {
  let isClosed = false;
  onceSent(
    () => 0,
    () => void (isClosed = true),
  );
  expect(isClosed).toBe(true);
});

test("what has something left is closed once, when that has gone", async () => {
  const held = [9, 9, 4, 1, 0, 0];
  await new Promise<void>((resolve) => onceSent(() => held.shift() ?? 0, resolve));
  expect(held).toEqual([0]);
});
