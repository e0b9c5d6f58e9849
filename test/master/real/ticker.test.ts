// Periodic tasks share the wake-ups of the process.
import { expect, test } from "bun:test";
import { Ticker } from "../../../src/master/real/ticker.ts";

/** A clock that is set, and one timer. */
class Time {
  nowMs = 12_345;
  wakes = 0;
  #dueMs = Infinity;
  #act = (): void => undefined;
  readonly ticker = new Ticker(
    () => this.nowMs,
    (delayMs, act) => {
      this.#dueMs = this.nowMs + delayMs;
      this.#act = act;
      return () => void (this.#dueMs = Infinity);
    },
  );

  /** @param lateMs by which each wake-up is late; below 0: early */
  pass(forMs: number, lateMs = 0): void {
    const endMs = this.nowMs + forMs;
    while (this.#dueMs + lateMs <= endMs) {
      this.nowMs = this.#dueMs + lateMs;
      this.wakes++;
      this.#act();
    }
    this.nowMs = endMs;
  }

  /** When it was called. */
  every(everyMs: number): number[] {
    const calls: number[] = [];
    this.ticker.every(everyMs, () => void calls.push(this.nowMs));
    return calls;
  }
}

test("one each second has no wake-up of its own beside one five times a second", () => {
  const time = new Time();
  const seconds = time.every(1000);
  time.pass(77);
  const looks = time.every(200);
  const pairs = time.every(2000);
  time.pass(9578);
  expect(seconds).toEqual([13, 14, 15, 16, 17, 18, 19, 20, 21, 22].map((it) => it * 1000));
  expect(pairs).toEqual([14, 16, 18, 20, 22].map((it) => it * 1000));
  expect(looks).toHaveLength(48);
  expect(time.wakes).toBe(looks.length);
});

test.each([7, -0.5])("wake-ups that are %p ms late do not add up", (lateMs) => {
  const time = new Time();
  const calls = time.every(1000);
  time.pass(60_000, lateMs);
  expect(calls.at(-1)).toBe(72_000 + lateMs);
  expect(calls).toHaveLength(60);
  expect(time.wakes).toBe(60);
});

test("after a long time without a processor each comes once", () => {
  const time = new Time();
  const calls = time.every(200);
  time.pass(0);
  time.pass(3_600_000, 3_500_000);
  expect(calls).toHaveLength(1);
});

test("one that throws keeps the others from nothing", () => {
  const time = new Time();
  time.ticker.every(200, () => {
    throw new Error("disk full");
  });
  const calls = time.every(200);
  expect(() => time.pass(1000)).toThrow("disk full");
  time.pass(1);
  expect(calls).toHaveLength(1);
});
