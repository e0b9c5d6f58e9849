// When a client that has been asked to close its WebSocket has had its time.
import { expect, test } from "bun:test";
import { isSilent, progress, type Progress } from "../../../src/worker/drain/silent-websockets.ts";

const at = (sinceMs: number, acknowledged: bigint, unsent = 0): Progress => ({
  acknowledged,
  unsent,
  isWriting: false,
  sinceMs,
});

test("the time of a client starts anew whenever it has taken something", () => {
  const first = progress(undefined, at(0, 5n, 9));
  expect(first.sinceMs).toBe(0);
  const same = progress(first, at(100, 5n, 9));
  expect(same.sinceMs).toBe(0);
  expect(progress(same, at(200, 6n, 9)).sinceMs).toBe(200);
  expect(progress(same, at(200, 5n, 8)).sinceMs).toBe(200);
});

test("a client that has got everything has two seconds, one that has not has ten", () => {
  const cases: [got: Partial<Progress>, limitMs: number][] = [
    [{}, 2000],
    [{ unsent: 1 }, 10_000],
    [{ isWriting: true }, 10_000],
  ];
  for (const [got, limitMs] of cases) {
    const it = { ...at(50, 5n), ...got };
    expect([isSilent(it, 49 + limitMs), isSilent(it, 50 + limitMs)]).toEqual([false, true]);
  }
});
