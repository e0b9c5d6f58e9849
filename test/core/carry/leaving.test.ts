// Which WebSockets leave a draining worker, when, and for which other worker.
import { describe, expect, test } from "bun:test";
import {
  LEAVE_WITHIN_MS,
  Leaving,
  type LeavingEffect,
  NOBODY_WITHIN_MS,
} from "../../../src/core/carry/leaving.ts";
import {
  FAST_MS,
  FIRST_OFFERED,
  MOST_OFFERED,
  SLOW_MS,
  STALLED_MS,
} from "../../../src/core/carry/targets.ts";

/** With connections from 1 to `count`. */
function leaving(count: number, targets: readonly number[]): Leaving {
  const it = new Leaving(targets);
  for (let id = 1; id <= count; id++) it.begin(id);
  return it;
}

const offer = (id: number, to: number): LeavingEffect => ({ type: "offer", id, to });

/**
 * How many are offered at a time, in the last of some rounds.
 * @param fixedMs each takes to answer, and all of them `eachMs`, one after another
 */
function atATime(fixedMs: number, eachMs: number, rounds: number): number {
  const it = leaving(5000, [7]);
  let [next, nowMs, count] = [1, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const first = next;
    while (it.ready(next, nowMs).length > 0) next++;
    count = next - first;
    nowMs += fixedMs;
    for (let id = first; id < next; id++) it.taken(id, 7, (nowMs += eachMs));
    nowMs++;
  }
  return count;
}

describe("connections that leave", () => {
  test("are spread evenly, the first choice first", () => {
    const it = leaving(4, [7, 8]);
    const offered = [1, 2, 3, 4].flatMap((id) => it.ready(id, 0));
    expect(offered).toEqual([offer(1, 7), offer(2, 8), offer(3, 7), offer(4, 8)]);
  });

  test("wait while a worker has enough to do, and go on when it has taken some", () => {
    const it = leaving(300, [7]);
    const ids = Array.from({ length: 300 }, (_, at) => at + 1);
    expect(ids.flatMap((id) => it.ready(id, 0))).toHaveLength(FIRST_OFFERED);
    expect(it.hasRoom(0)).toBe(false);
    expect(it.ready(270, 0)).toEqual([]);
    expect(it.taken(1, 7, FAST_MS + 1)).toEqual([{ type: "drop", id: 1 }]);
    expect(it.hasRoom(FAST_MS + 1)).toBe(true);
    expect(it.ready(270, FAST_MS + 1)).toEqual([offer(270, 7)]);
  });

  test("are offered more and more at a time while none waits for others, up to a limit", () => {
    expect(atATime(0, 0, 1)).toBe(FIRST_OFFERED);
    expect(atATime(0, 0, 2)).toBe(2 * FIRST_OFFERED);
    expect(atATime(0, 0, 9)).toBe(MOST_OFFERED);
    // It asks somebody else, who takes a while, for each.
    expect(atATime(800, 0, 9)).toBe(MOST_OFFERED);
  });

  test.each([15, 40, 100, 300])(
    "are offered so few at a time, if each takes %p ms of the app, that none waits for long",
    (eachMs) => {
      for (const rounds of [20, 21, 22, 23, 24, 25]) {
        const waitsMs = atATime(0, eachMs, rounds) * eachMs;
        expect(waitsMs).toBeLessThanOrEqual(Math.max(2 * SLOW_MS, 2 * eachMs));
      }
    },
  );

  test("are offered to others while a worker does not answer, and to it when it does", () => {
    const it = leaving(100, [7, 8]);
    for (let id = 1; id <= 2 * FIRST_OFFERED; id++) it.ready(id, 0);
    for (let id = 2; id <= 2 * FIRST_OFFERED; id += 2) it.taken(id, 8, 1);
    // Evenly, as long as it may answer.
    expect(it.ready(50, STALLED_MS - 1)).toEqual([]);
    expect(it.ready(50, STALLED_MS)).toEqual([offer(50, 8)]);
    expect(it.ready(51, STALLED_MS)).toEqual([offer(51, 8)]);
    for (let id = 1; id <= 2 * FIRST_OFFERED; id += 2) it.taken(id, 7, STALLED_MS);
    expect(it.ready(52, STALLED_MS)).toEqual([offer(52, 7)]);
  });

  test("wait for a handler, and move in the end though it still runs", () => {
    const it = leaving(1, [7]);
    expect(it.handled(1, 100)).toEqual([]);
    expect(it.handled(1, LEAVE_WITHIN_MS + 99)).toEqual([]);
    // That it has waited for a handler is no fault of its client.
    expect(it.busy(1, LEAVE_WITHIN_MS + 100)).toEqual([]);
    expect(it.handled(1, LEAVE_WITHIN_MS + 101)).toEqual([offer(1, 7)]);
  });

  test("are closed when there is not much time left, and so is who comes later", () => {
    const it = leaving(2, [7]);
    it.ready(1, 0);
    expect(it.hindrance).toBeUndefined();
    expect(it.late()).toEqual([{ type: "close-here", id: 2, why: "late" }]);
    expect(it.hindrance).toBe("late");
    expect(it.taken(1, 7, 1)).toEqual([{ type: "drop", id: 1 }]);
  });

  test("are closed when they do not come to the end of a message in time", () => {
    const it = leaving(2, [7]);
    it.ready(1, 0);
    // Its time begins when it could have left.
    for (let nowMs = 100; nowMs < LEAVE_WITHIN_MS + 100; nowMs += 100) {
      expect(it.busy(2, nowMs)).toEqual([]);
    }
    const given = [{ type: "close-here", id: 2, why: "busy" }];
    expect(it.busy(2, LEAVE_WITHIN_MS + 100)).toEqual(given as never);
    expect(it.ready(2, 0)).toEqual([]);
    expect(it.count).toBe(1);
  });

  test("are not closed for having been in the middle of a message twice", () => {
    const it = leaving(300, [7]);
    const many = Array.from({ length: 200 }, (_, at) => at + 1);
    for (const id of many) it.ready(id, 0);
    expect(it.busy(300, 0)).toEqual([]);
    // Nobody has looked at it meanwhile.
    expect(it.busy(300, LEAVE_WITHIN_MS)).toEqual([]);
    // It was between two messages, but nobody could take it.
    expect(it.ready(300, LEAVE_WITHIN_MS + 100)).toEqual([]);
    expect(it.busy(300, 2 * LEAVE_WITHIN_MS)).toEqual([]);
    for (let nowMs = 2 * LEAVE_WITHIN_MS; nowMs < 3 * LEAVE_WITHIN_MS; nowMs += 400) {
      expect(it.busy(300, nowMs)).toEqual([]);
    }
    expect(it.busy(300, 3 * LEAVE_WITHIN_MS)).toHaveLength(1);
  });

  test("are closed when the new version does not upgrade them", () => {
    const it = leaving(1, [7, 8]);
    it.ready(1, 0);
    expect(it.refused(1, 8, 0)).toEqual([]);
    expect(it.refused(1, 7, 0)).toEqual([{ type: "close-offered", id: 1, why: "refused" }]);
    expect(it.count).toBe(0);
  });

  test("wait after a refusal, so that not all clients come back at once", () => {
    const it = new Leaving([7], 10);
    for (const id of [1, 2, 3, 4]) it.begin(id);
    for (const id of [1, 2]) it.ready(id, 0);
    for (const id of [1, 2]) it.refused(id, 7, 1);
    expect(it.ready(3, 20)).toEqual([]);
    expect(it.ready(3, 21)).toEqual([offer(3, 7)]);
    it.taken(3, 7, 22);
    expect(it.ready(4, 22)).toEqual([offer(4, 7)]);
  });

  test("are offered to another worker when one has ended", () => {
    const it = leaving(3, [7, 8]);
    for (const id of [1, 2, 3]) it.ready(id, 0);
    it.taken(1, 7, 0);
    expect(it.gone(7, 0)).toEqual([offer(3, 8)]);
    expect(it.taken(3, 7, 0)).toEqual([]);
    expect(it.taken(3, 8, 0)).toEqual([{ type: "drop", id: 3 }]);
  });

  test("go to others that take them, as a newer version has come", () => {
    const it = leaving(4, [7, 8]);
    it.ready(1, 0);
    it.redirect([8, 9]);
    expect([2, 3].flatMap((id) => it.ready(id, 0))).toEqual([offer(2, 8), offer(3, 9)]);
    // It may answer for what it was offered.
    expect(it.taken(1, 7, 1)).toEqual([{ type: "drop", id: 1 }]);
    expect(it.gone(9, 1)).toEqual([offer(3, 8)]);
  });

  test("wait for a worker in the place of the last one that takes them", () => {
    const it = leaving(2, [7]);
    it.gone(7, 0);
    expect(it.ready(1, 1)).toEqual([]);
    it.redirect([9]);
    expect(it.ready(1, 2)).toEqual([offer(1, 9)]);
    expect(it.tick(2 * NOBODY_WITHIN_MS)).toEqual([]);
  });

  test("are not offered to a third worker when two have ended over them", () => {
    const it = leaving(1, [7, 8, 9]);
    it.ready(1, 0);
    expect(it.gone(7, 0)).toEqual([offer(1, 8)]);
    expect(it.gone(8, 0)).toEqual([{ type: "close-offered", id: 1, why: "nobody" }]);
  });

  test("are closed, wherever they are, when no worker is left", () => {
    const it = leaving(2, [7]);
    it.ready(1, 0);
    expect(it.gone(7, 0)).toEqual([{ type: "close-offered", id: 1, why: "nobody" }]);
    expect(it.gone(7, 0)).toEqual([]);
    expect(it.hindrance).toBeUndefined();
    expect(it.tick(NOBODY_WITHIN_MS - 1)).toEqual([]);
    expect(it.tick(NOBODY_WITHIN_MS)).toEqual([{ type: "close-here", id: 2, why: "nobody" }]);
    expect(it.hindrance).toBe("nobody");
    expect(it.tick(NOBODY_WITHIN_MS)).toEqual([]);
  });

  test("stay when they could not be sent, with the time that they had", () => {
    const it = leaving(1, [7]);
    for (let nowMs = 0; nowMs < LEAVE_WITHIN_MS; nowMs += 100) it.busy(1, nowMs);
    it.ready(1, LEAVE_WITHIN_MS - 1);
    expect(it.notSent(1, true)).toEqual([]);
    expect(it.busy(1, LEAVE_WITHIN_MS)).toEqual([{ type: "close-here", id: 1, why: "busy" }]);
  });

  test("are closed when nobody serves them and they could not be sent to another worker", () => {
    const it = leaving(1, [7, 8]);
    it.ready(1, 0);
    it.gone(7, 0);
    expect(it.notSent(1, false)).toEqual([{ type: "close-offered", id: 1, why: "nobody" }]);
  });

  test("are forgotten when their clients close them, and when the server stops", () => {
    const it = leaving(3, [7]);
    it.ready(1, 0);
    it.closed(1);
    it.closed(2);
    expect(it.count).toBe(2);
    it.stop();
    expect(it.count).toBe(1);
    expect(it.taken(1, 7, 0)).toEqual([{ type: "drop", id: 1 }]);
  });
});
