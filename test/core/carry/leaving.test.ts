// Which WebSockets leave a draining worker, when, and for which other worker.
import { describe, expect, test } from "bun:test";
import { LEAVE_WITHIN_MS, Leaving, type LeavingEffect } from "../../../src/core/carry/leaving.ts";

/** With connections from 1 to `count`. */
function leaving(count: number, targets: readonly number[]): Leaving {
  const it = new Leaving(targets);
  for (let id = 1; id <= count; id++) it.begin(id);
  return it;
}

const offer = (id: number, to: number): LeavingEffect => ({ type: "offer", id, to });

describe("connections that leave", () => {
  test("are spread evenly, the first choice first", () => {
    const it = leaving(5, [7, 8]);
    const offered = [1, 2, 3, 4, 5].flatMap((id) => it.ready(id));
    expect(offered).toEqual([offer(1, 7), offer(2, 8), offer(3, 7), offer(4, 8), offer(5, 7)]);
  });

  test("wait while a worker has enough to do, and go on when it has taken some", () => {
    const it = leaving(300, [7]);
    const ids = Array.from({ length: 300 }, (_, at) => at + 1);
    expect(ids.flatMap((id) => it.ready(id))).toHaveLength(256);
    expect(it.room).toBe(0);
    expect(it.ready(270)).toEqual([]);
    expect(it.taken(1, 7)).toEqual([{ type: "drop", id: 1 }]);
    expect(it.ready(270)).toEqual([offer(270, 7)]);
  });

  test("are closed when they do not come to the end of a message in time", () => {
    const it = leaving(2, [7]);
    it.ready(1);
    // Its time begins when it could have left.
    expect(it.busy(2, 100)).toEqual([]);
    expect(it.busy(2, LEAVE_WITHIN_MS + 99)).toEqual([]);
    const given = [{ type: "close-here", id: 2, why: "busy" }];
    expect(it.busy(2, LEAVE_WITHIN_MS + 100)).toEqual(given as never);
    expect(it.ready(2)).toEqual([]);
    expect(it.count).toBe(1);
  });

  test("are closed when the new version does not upgrade them", () => {
    const it = leaving(1, [7, 8]);
    it.ready(1);
    expect(it.refused(1, 8)).toEqual([]);
    expect(it.refused(1, 7)).toEqual([{ type: "close-offered", id: 1, why: "refused" }]);
    expect(it.count).toBe(0);
  });

  test("are offered to another worker when one has ended", () => {
    const it = leaving(3, [7, 8]);
    for (const id of [1, 2, 3]) it.ready(id);
    it.taken(1, 7);
    expect(it.gone(7)).toEqual([offer(3, 8)]);
    expect(it.taken(3, 7)).toEqual([]);
    expect(it.taken(3, 8)).toEqual([{ type: "drop", id: 3 }]);
  });

  test("are closed, wherever they are, when no worker is left", () => {
    const it = leaving(2, [7]);
    it.ready(1);
    expect(it.gone(7)).toEqual([
      { type: "close-offered", id: 1, why: "nobody" },
      { type: "close-here", id: 2, why: "nobody" },
    ]);
    expect(it.gone(7)).toEqual([]);
  });

  test("stay when they could not be sent, with the time that they had", () => {
    const it = leaving(1, [7]);
    it.busy(1, 0);
    it.ready(1);
    expect(it.notSent(1, true)).toEqual([]);
    expect(it.busy(1, LEAVE_WITHIN_MS)).toEqual([{ type: "close-here", id: 1, why: "busy" }]);
  });

  test("are closed when nobody serves them and they could not be sent to another worker", () => {
    const it = leaving(1, [7, 8]);
    it.ready(1);
    it.gone(7);
    expect(it.notSent(1, false)).toEqual([{ type: "close-offered", id: 1, why: "nobody" }]);
  });

  test("are forgotten when their clients close them, and when the server stops", () => {
    const it = leaving(3, [7]);
    it.ready(1);
    it.closed(1);
    it.closed(2);
    expect(it.count).toBe(2);
    it.stop();
    expect(it.count).toBe(1);
    expect(it.taken(1, 7)).toEqual([{ type: "drop", id: 1 }]);
  });
});
