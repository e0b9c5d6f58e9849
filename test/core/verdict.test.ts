// When a new generation is worse than the old one: by its failures, by its latency, and by chance.

import { describe, expect, test } from "bun:test";
import type { RolloutSettings } from "../../src/core/settings.ts";
import { type Figures, judge, type Verdict } from "../../src/core/verdict.ts";
import { figures, PLAIN } from "./trials.ts";

const OLD = figures(1000);
const NOTHING: Figures = { requests: 0, errors: 0, p99Ms: undefined };

/** Of a trial whose last seconds had no requests. */
function whole(
  fresh: Figures,
  old = OLD,
  change: Partial<RolloutSettings> = {},
  troubles = 0,
): Verdict["name"] {
  const comparison = { whole: { fresh, old }, recent: { fresh: NOTHING, old: NOTHING } };
  return judge({ ...PLAIN, ...change }, comparison, troubles).name;
}

describe("a share of failures", () => {
  test.each<[string, Figures, Figures, Verdict["name"]]>([
    ["of nothing is good", figures(100, 0), OLD, "good"],
    ["of 5 % is the limit", figures(100, 5), OLD, "good"],
    ["of 10 % of 100 may be chance", figures(100, 10), OLD, "good"],
    ["of 11 % of 100 is not", figures(100, 11), OLD, "bad"],
    ["of 6 of 50 may be chance", figures(50, 6), OLD, "good"],
    ["of 7 of 50 is not", figures(50, 7), OLD, "bad"],
    ["of 6.4 % of 1000 may be chance", figures(1000, 64), OLD, "good"],
    ["of 6.5 % of 1000 is not", figures(1000, 65), OLD, "bad"],
    ["of everything is bad", figures(50, 50), OLD, "bad"],
    ["is not judged below min_requests", figures(49, 49), OLD, "too-few"],
    [
      "is not the new one's fault, if the old one fails too",
      figures(1000, 620),
      figures(1000, 600),
      "good",
    ],
    ["is, if it is clearly above the old one's", figures(1000, 70), figures(1000, 40), "bad"],
    [
      "is not, if it is above it by no more than half the limit",
      figures(1000, 70),
      figures(1000, 45),
      "good",
    ],
  ])("%s", (_name, fresh, old, expected) => {
    expect(whole(fresh, old)).toBe(expected);
  });

  test.each<[string, Figures, number, number, Verdict["name"]]>([
    ["with a limit of 0, of one request is bad", figures(100, 1), 0, 0, "bad"],
    ["with a limit of 1, is never bad", figures(100, 100), 1, 0, "good"],
    ["has each crash in it", figures(100, 4), 0.05, 7, "bad"],
    ["is 100 % at most", figures(50, 50), 1, 99, "good"],
  ])("%s", (_name, fresh, maxErrorRate, troubles, expected) => {
    expect(whole(fresh, OLD, { maxErrorRate }, troubles)).toBe(expected);
  });

  test.each<[string, Figures, Figures, Verdict["name"]]>([
    ["one bad answer of 100 says nothing, where there was none", figures(100, 1), OLD, "good"],
    ["several do", figures(100, 4), OLD, "bad"],
    ["twice as many are good", figures(1000, 40), figures(1000, 20), "good"],
    ["three times as many are bad", figures(1000, 60), figures(1000, 20), "bad"],
  ])("as a multiple of the old one's: %s", (_name, fresh, old, expected) => {
    expect(whole(fresh, old, { maxErrorRate: { timesOld: 2 } })).toBe(expected);
  });
});

test.each<[string, number | undefined, number | undefined, number, Verdict["name"]]>([
  ["not looked at by default", 9000, 10, 0, "good"],
  ["as long as the limit", 30, 10, 3, "good"],
  ["longer", 31, 10, 3, "bad"],
  ["three times as long, but by less than 5 ms", 3, 1, 2, "good"],
  ["longer by more than 5 ms", 6.1, 1, 2, "bad"],
  ["unknown", undefined, 10, 2, "good"],
  ["longer than nobody knows what", 9000, undefined, 2, "good"],
])("a p99 that is %s", (_name, p99Ms, oldMs, maxLatencyRatio, expected) => {
  const fresh = { ...figures(100), p99Ms };
  expect(whole(fresh, { ...OLD, p99Ms: oldMs }, { maxLatencyRatio })).toBe(expected);
});

test("a version that fails late does not hide behind a good beginning", () => {
  const [all, last] = [figures(10_000, 100), figures(200, 100)];
  const comparison = { whole: { fresh: all, old: OLD }, recent: { fresh: last, old: OLD } };
  expect(judge(PLAIN, comparison, 0).name).toBe("bad");
  expect(whole(all)).toBe("good");
});

test("what crashes in a trial does not count in its last seconds a second time", () => {
  const [all, last] = [figures(10_000), figures(60)];
  const comparison = { whole: { fresh: all, old: OLD }, recent: { fresh: last, old: OLD } };
  expect(judge(PLAIN, comparison, 60).name).toBe("good");
});

test("the words tell requests that failed from crashes and errors outside requests", () => {
  const pair = { fresh: figures(50), old: OLD };
  const { words } = judge(PLAIN, { whole: pair, recent: pair }, 7);
  expect(words).toContain(
    "14.0 % of requests failed, more than 5.0 %, counting 7 crashes or errors outside requests",
  );
  expect(words).toContain("50 requests; errors 0.0 %");
  expect(words).toEndWith("; 7 crashes or errors outside requests)");
});

/** The same numbers in each run, from 0 to 1. */
function* chances(): Generator<number> {
  for (let state = 14n; ;) {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    yield Number(state >> 11n) / 2 ** 53;
  }
}

/** In how many of 200 trials a version that fails so often is bad, at 10 requests a second. */
function foundBad(rate: number): number {
  const random = chances();
  let bad = 0;
  for (let trial = 0; trial < 200; trial++) {
    let [requests, errors] = [0, 0];
    for (let second = 0; second < 30; second++) {
      for (let request = 0; request < 10; request++) {
        if (random.next().value < rate) errors++;
      }
      requests += 10;
      if (whole(figures(requests, errors)) !== "bad") continue;
      bad++;
      break;
    }
  }
  return bad;
}

test("looked at each second, a version that fails less than the limit is not found bad by chance", () => {
  expect(foundBad(0.02)).toBeLessThanOrEqual(1);
  expect(foundBad(0.1)).toBeGreaterThan(160);
});
