// When a new generation is worse than the old one: by its failures, by its latency, and by chance.

import { describe, expect, test } from "bun:test";
import type { RolloutSettings } from "../../src/core/settings.ts";
import type { Figures } from "../../src/core/figures.ts";
import { judge, patienceMs, type Verdict } from "../../src/core/verdict.ts";
import { figures, PLAIN } from "./trials.ts";

const OLD = figures(1000);
const NOTHING: Figures = { requests: 0, errors: 0, unanswered: 0, pending: 0, p99Ms: undefined };

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

/** So many requests without an answer among these. */
const silent = (requests: number, unanswered: number, errors = 0): Figures => ({
  ...figures(requests, errors),
  unanswered,
});

describe("requests without an answer", () => {
  test.each<[string, Figures, Figures, Verdict["name"]]>([
    ["are failures", silent(50, 50), OLD, "bad"],
    ["are failures beside others", silent(100, 6, 6), OLD, "bad"],
    ["may be few", silent(100, 9), OLD, "good"],
    [
      "are no fault of the new version, if as many left the old one",
      silent(100, 20),
      silent(900, 180),
      "good",
    ],
    ["are none, if some more have left by chance", silent(50, 17), silent(450, 90), "good"],
    ["may leave as seldom as ever", silent(100, 4), silent(900, 18), "good"],
    ["leave, or wait, more often than that", silent(100, 20), silent(900, 18), "bad"],
    ["are a matter of chance up to a quarter of so few", silent(100, 25), silent(900, 180), "good"],
    ["are, if many more have", silent(50, 20), silent(450, 90), "bad"],
    ["are, if more of very many have", silent(10_000, 2600), silent(90_000, 18_000), "bad"],
    ["are not judged below min_requests", silent(49, 49), OLD, "too-few"],
  ])("%s", (_name, fresh, old, expected) => {
    expect(whole(fresh, old)).toBe(expected);
  });

  test.each<[string, Figures, number, Verdict["name"]]>([
    ["one client that goes is none", silent(100, 1), 0, "good"],
    ["ten are some", silent(100, 10), 0, "bad"],
    ["with a limit of 1 all may go", silent(100, 100), 1, "good"],
  ])("with a limit: %s", (_name, fresh, maxErrorRate, expected) => {
    expect(whole(fresh, OLD, { maxErrorRate })).toBe(expected);
  });

  test("as a multiple of the old one's, too", () => {
    const change = { maxErrorRate: { timesOld: 2 } };
    expect(whole(silent(1000, 60), silent(1000, 20), change)).toBe("bad");
    expect(whole(silent(1000, 40), silent(1000, 20), change)).toBe("good");
    expect(whole(silent(100, 2), OLD, change)).toBe("good");
  });

  test.each<[string, Figures, Figures, boolean, Verdict["name"]]>([
    ["are bad", silent(5, 4), OLD, true, "bad"],
    ["are too few before the end", silent(5, 5), OLD, false, "too-few"],
    ["are too few if they are two", silent(2, 2), OLD, true, "too-few"],
    ["are too few if half has been answered", silent(10, 5), OLD, true, "too-few"],
    ["are no fault if the old one was as silent", silent(5, 5), silent(100, 60), true, "too-few"],
  ])("below min_requests, most of all at the end %s", (_name, fresh, old, isOver, expected) => {
    const comparison = { whole: { fresh, old }, recent: { fresh: NOTHING, old: NOTHING } };
    expect(judge(PLAIN, comparison, 0, isOver).name).toBe(expected);
  });

  test("are in the words", () => {
    const pair = { fresh: silent(50, 48), old: silent(1000, 10) };
    expect(judge(PLAIN, { whole: pair, recent: pair }, 0).words).toBe(
      "96.0 % of requests failed, more than 5.0 %: 48 of 50 got no answer before their clients " +
        "left, or in time (50 requests; errors 0.0 %, before 0.0 %; p99 10ms, before 10ms; " +
        "no answer 96.0 %, before 1.0 %)",
    );
  });
});

/** How its workers got on, in ten seconds of two workers. */
const stood = (stalledMs: number, longStalls = 0, watchedMs = 20_000): Figures => ({
  ...figures(1000),
  progress: { watchedMs, stalledMs, longStalls },
});

describe("workers that make no progress", () => {
  test.each<[string, Figures, Figures, Verdict["name"]]>([
    ["for a moment are good", stood(2900), stood(0), "good"],
    ["for three seconds, one of them, are bad", stood(3000, 1), stood(2000), "bad"],
    ["are good, if an old one did the same", stood(3000, 1), stood(3000, 1), "good"],
    ["for a quarter of their time are good", stood(5000), stood(0), "good"],
    ["for more than that, in many short times, are bad", stood(5100), stood(0), "bad"],
    ["are good, if that is normal", stood(10_000), stood(5000), "good"],
    ["are bad, if it is more than twice what is normal", stood(16_000), stood(5000), "bad"],
    [
      "are bad, if it is by far more than in a whole life",
      stood(9000),
      stood(30_000, 3, 600_000),
      "bad",
    ],
    [
      "are bad, where nobody has asked them for anything",
      { ...NOTHING, ...stood(3000, 1), requests: 0 },
      OLD,
      "bad",
    ],
    ["in so short a time say nothing", stood(1400, 0, 2000), stood(0), "good"],
  ])("%s", (_name, fresh, old, expected) => {
    expect(whole(fresh, old)).toBe(expected);
  });

  test("are named in the reason", () => {
    const judged = (fresh: Figures) =>
      judge(PLAIN, { whole: { fresh, old: stood(0) }, recent: { fresh: NOTHING, old: OLD } }, 0);
    expect(judged(stood(3000, 1)).words).toStartWith(
      "a worker has made no progress for 3s, and none",
    );
    expect(judged(stood(18_000)).words).toStartWith(
      "its workers made no progress in 90.0 % of the time, before in 0.0 %",
    );
  });
});

test.each<[string, number | undefined, number]>([
  ["two seconds at least", 3, 2000],
  ["ten times the old one's p99", 400, 4000],
  ["as long as long polls take, and more", 60_000, 600_000],
  ["ten seconds, if that is not known", undefined, 10_000],
])("a request waits too long after %s", (_name, p99Ms, expected) => {
  expect(patienceMs(p99Ms)).toBe(expected);
});

test("with nothing to judge by, nothing is good, whatever min_requests is", () => {
  expect(whole(NOTHING, OLD, { minRequests: 0 })).toBe("too-few");
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

/** In how many of 200 trials a version is bad whose clients leave as often as the old one's. */
function foundSilent(rate: number): number {
  const random = chances();
  const gone = (requests: number): number =>
    Array.from({ length: requests }).filter(() => random.next().value < rate).length;
  let bad = 0;
  for (let trial = 0; trial < 200; trial++) {
    let [fresh, old] = [silent(0, 0), silent(0, 0)];
    for (let second = 0; second < 30; second++) {
      fresh = silent(fresh.requests + 10, fresh.unanswered + gone(10));
      old = silent(old.requests + 90, old.unanswered + gone(90));
      if (whole(fresh, old) !== "bad") continue;
      bad++;
      break;
    }
  }
  return bad;
}

test("looked at each second, a version whose clients leave as ever is not found bad by chance", () => {
  expect(foundSilent(0.03)).toBeLessThanOrEqual(1);
  expect(foundSilent(0.2)).toBeLessThanOrEqual(4);
});
