// What becomes of WebSockets that another worker offers.
import { describe, expect, test } from "bun:test";
import { Arriving, type Offer, UPGRADE_WITHIN_MS } from "../../../src/core/carry/arriving.ts";

const offer = (id: number, from = 1): Offer => ({ from, id });

describe("a connection that is offered", () => {
  test("is taken once the app has upgraded it", () => {
    const it = new Arriving();
    expect(it.offered(offer(1), 0)).toEqual([{ type: "ask", offer: offer(1) }]);
    expect(it.upgraded(offer(1), 5)).toEqual([{ type: "take", offer: offer(1) }]);
    expect(it.upgraded(offer(1), 6)).toEqual([]);
    expect(it.count).toBe(0);
  });

  test("is refused when the app answers something else", () => {
    const it = new Arriving();
    it.offered(offer(1), 0);
    const why = "it answered 403";
    expect(it.answered(offer(1), why, 1)).toEqual([{ type: "refuse", offer: offer(1), why }]);
    expect(it.upgraded(offer(1), 2)).toEqual([]);
  });

  test("is refused when the app does not answer in time", () => {
    const it = new Arriving();
    it.offered(offer(1), 0);
    expect(it.tick(UPGRADE_WITHIN_MS - 1)).toEqual([]);
    const why = "it did not answer in time";
    expect(it.tick(UPGRADE_WITHIN_MS)).toEqual([{ type: "refuse", offer: offer(1), why }]);
  });

  test("is this worker's to close when the one that has offered it is gone", () => {
    const it = new Arriving();
    it.offered(offer(1), 0);
    it.offered(offer(1, 2), 0);
    it.gone(1);
    expect(it.upgraded(offer(1, 2), 1)).toEqual([{ type: "take", offer: offer(1, 2) }]);
    const why = "no";
    expect(it.answered(offer(1), why, 1)).toEqual([{ type: "close", offer: offer(1), why }]);
  });

  test("waits its turn: the app is asked for so many at a time", () => {
    const it = new Arriving();
    const asked = Array.from({ length: 300 }, (_, id) => it.offered(offer(id), 0)).flat();
    expect(asked).toHaveLength(200);
    expect(it.upgraded(offer(0), 1)).toEqual([
      { type: "take", offer: offer(0) },
      { type: "ask", offer: offer(200) },
    ]);
    // Those that wait have their time from when they are asked for.
    expect(it.tick(UPGRADE_WITHIN_MS).filter(({ type }) => type === "refuse")).toHaveLength(199);
  });

  test("is refused with all others when this worker cannot take any", () => {
    const it = new Arriving();
    it.offered(offer(1), 0);
    it.offered(offer(2), 0);
    expect(it.stop("why").map(({ type }) => type)).toEqual(["refuse", "refuse"]);
    expect(it.count).toBe(0);
  });
});
