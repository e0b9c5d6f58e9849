// What reports of several processes come to.
import { expect, test } from "bun:test";
import { Loss } from "../../../src/prove/load/loss.ts";
import { lossesOf, ModeTotal } from "../../../src/prove/load/result.ts";
import { MOST_DESCRIBED, Tally } from "../../../src/prove/load/tally.ts";

const NO_LOSS = { refused: 0, reset: 0, cut: 0, timeout: 0, tls: 0, wrong: 0 };

/** One client that asks and hears. */
function answered(tally: Tally, atMs: number, tookMs: number): void {
  tally.begin(atMs);
  tally.heard(atMs + tookMs);
  tally.count(tookMs);
}

test("a result has what all processes have counted, report by report", () => {
  const total = new ModeTotal("thinking", [0, 2]);
  const [first, second] = [new Tally(1000), new Tally(1000)];
  answered(first, 1010, 10);
  answered(first, 1020, 10);
  first.closedIdle += 1;
  total.add(0, first.take(1100));
  second.lost(1050, new Loss("reset", "early"));
  total.add(2, second.take(1100));
  answered(first, 1110, 100);
  first.lost(1140, new Loss("cut", "late"));
  first.sentAway("closed with 1012");
  first.noPort += 1;
  total.add(0, first.take(1300));
  second.lost(1120, new Loss("reset", "in between"));
  second.sentAway("closed with 1012");
  total.add(2, second.take(1300));

  const { p50Ms, p99Ms, ...counted } = total.result;
  expect(counted).toEqual({
    mode: "thinking",
    requests: 6,
    lost: { ...NO_LOSS, reset: 2, cut: 1 },
    longestGapMs: 100,
    sentAway: { "closed with 1012": 2 },
    closedIdle: 1,
    noPort: 1,
    firstLosses: [
      { atMs: 50, kind: "reset", words: "early" },
      { atMs: 120, kind: "reset", words: "in between" },
      { atMs: 140, kind: "cut", words: "late" },
    ],
  });
  expect(p50Ms).toBeCloseTo(10, 0);
  expect(p99Ms).toBeGreaterThan(99);
  expect(p99Ms).toBeLessThan(101);
  expect(lossesOf(counted)).toBe(3);
});

test("only the first losses are described, all are counted", () => {
  const total = new ModeTotal("post", [0]);
  const tally = new Tally(0);
  for (let at = 0; at < 100; at += 1) tally.lost(at, new Loss("timeout", `number ${at}`));
  total.add(0, tally.take(100));
  for (let at = 100; at < 200; at += 1) tally.lost(at, new Loss("timeout", `number ${at}`));
  total.add(0, tally.take(200));
  const { lost, firstLosses } = total.result;
  expect(lost.timeout).toBe(200);
  expect(firstLosses.map(({ atMs }) => atMs)).toEqual(
    Array.from({ length: MOST_DESCRIBED }).keys().toArray(),
  );
});

test("a mode without an answer has no times", () => {
  const { p50Ms, p99Ms, requests } = new ModeTotal("sse", [0]).result;
  expect([p50Ms, p99Ms, requests]).toEqual([Number.NaN, Number.NaN, 0]);
});
