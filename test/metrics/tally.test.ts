// What a generation has done, by the pages of its workers.
import { describe, expect, test } from "bun:test";
import {
  durationIndex,
  PAGE,
  PAGE_LENGTH,
  requestIndex,
  WAIT_MARKS,
} from "../../src/metrics/page.ts";
import { ended, figuresOf, minus, NO_TALLY, plus, tallyOf } from "../../src/metrics/tally.ts";

function pageOf(values: Readonly<Record<number, number>>): Float64Array {
  const page = new Float64Array(PAGE_LENGTH);
  for (const [index, value] of Object.entries(values)) page[Number(index)] = value;
  return page;
}

const figures = (values: Readonly<Record<number, number>>) =>
  figuresOf(tallyOf(pageOf(values)), 2000);

describe("of a page", () => {
  test.each<[string, Readonly<Record<number, number>>, object]>([
    ["nothing is known at first", {}, { requests: 0, errors: 0, p99Ms: undefined }],
    [
      "all methods and statuses are requests",
      { [requestIndex("GET", 200)]: 5, [requestIndex("PROPFIND", 101)]: 2 },
      { requests: 7, errors: 0 },
    ],
    [
      "statuses of 500 and above are errors, of any method",
      {
        [requestIndex("GET", 500)]: 1,
        [requestIndex("POST", 504)]: 2,
        [requestIndex("PROPFIND", 599)]: 4,
      },
      { requests: 7, errors: 7 },
    ],
    [
      "a mistake of the client, or its leaving, is no error",
      { [requestIndex("GET", 404)]: 1, [requestIndex("GET", 499)]: 1 },
      { requests: 2, errors: 0 },
    ],
    [
      "gauges, sizes and rejections are neither",
      { [PAGE.inFlight]: 1, [PAGE.responseBytes]: 9, [PAGE.rejections]: 3, [PAGE.lag]: 1 },
      { requests: 0, errors: 0 },
    ],
  ])("%s", (_name, page, expected) => {
    expect(figures(page)).toMatchObject(expected);
  });
});

/** What waits for longer than each mark, as the page has it. */
const waiting = (...counts: readonly number[]): Record<number, number> =>
  Object.fromEntries(counts.map((count, at) => [PAGE.waiting + at, count]));
const status = (code: number, count: number): Record<number, number> => ({
  [requestIndex("GET", code)]: count,
});
const took = (seconds: number, count: number): Record<number, number> => ({
  [durationIndex(seconds)]: count,
});

describe("without an answer is", () => {
  test.each<[string, Readonly<Record<number, number>>, number, object]>([
    [
      "whoever waits for too long: it is a request, too",
      { ...status(200, 5), ...waiting(9, 4, 1) },
      2000,
      { requests: 9, unanswered: 4, pending: 9 },
    ],
    [
      "by the first mark that is long enough",
      waiting(9, 4, 1),
      2501,
      { requests: 1, unanswered: 1, pending: 9 },
    ],
    [
      "nobody who waits, where the old generation takes longer than any mark",
      { ...status(200, 5), ...took(500, 5), ...waiting(9, 9, 9, 9, 9, 9, 9, 9) },
      600_001,
      { requests: 5, unanswered: 0, pending: 9 },
    ],
    [
      "whose answer came too late",
      { ...status(200, 5), ...took(2.4, 3), ...took(2.6, 2) },
      2000,
      { requests: 5, errors: 0, unanswered: 2 },
    ],
    [
      "whose client has gone, once, though it is measured later",
      { ...status(499, 4), ...took(5, 3) },
      2000,
      { requests: 4, errors: 0, unanswered: 4 },
    ],
    [
      "not what has been answered as its time was up: that is an error",
      { ...status(504, 4), ...took(30, 4) },
      2000,
      { requests: 4, errors: 4, unanswered: 0 },
    ],
  ])("%s", (_name, page, patienceMs, expected) => {
    expect(figuresOf(tallyOf(pageOf(page)), patienceMs)).toMatchObject(expected);
  });
});

test("nobody waits for a worker that has ended, and those who wait now wait now", () => {
  const [before, now] = [tallyOf(pageOf(waiting(3, 3))), tallyOf(pageOf(waiting(5, 4)))];
  expect(figuresOf(ended(now), 2000)).toMatchObject({ unanswered: 0, pending: 0 });
  expect(figuresOf(minus(now, before), 2000)).toMatchObject({ unanswered: 4, pending: 5 });
  expect(figuresOf(plus(now, before), 2000)).toMatchObject({ unanswered: 7, pending: 8 });
});

test("a body that broke off is an error", () => {
  const page = { ...status(200, 5), [PAGE.brokenStreams]: 3 };
  expect(figures(page)).toMatchObject({ requests: 5, errors: 3 });
});

test("each mark of waiting is the end of a step of durations", () => {
  for (const seconds of WAIT_MARKS.slice(1)) {
    expect(durationIndex(seconds * 1.001)).toBe(durationIndex(seconds) + 1);
  }
});

describe("the p99, in milliseconds,", () => {
  const [fast, slow] = [durationIndex(0.002), durationIndex(0.25)];
  test.each<[string, number, number, number | undefined]>([
    ["of ten requests is not known", 0, 10, undefined],
    ["of eleven leaves out the ten slowest", 1, 10, 2],
    ["of fifty, too", 39, 11, 250],
    ["of a thousand is in the slowest hundredth", 989, 11, 250],
    ["of very many does not care for ten", 100_000, 999, 2],
    ["of very many is that of the slow ones, if they are more than a hundredth", 989e3, 11e3, 250],
  ])("%s", (_name, fastOnes, slowOnes, ms) => {
    const { p99Ms } = figures({ [fast]: fastOnes, [slow]: slowOnes });
    if (ms === undefined) expect(p99Ms).toBeUndefined();
    else expect((p99Ms ?? 0) / ms).toBeWithin(0.94, 1.06);
  });
});

test("what several have done adds up, and what one had done before can be taken away", () => {
  const a = tallyOf(pageOf({ [requestIndex("GET", 200)]: 5, [durationIndex(0.001)]: 50 }));
  const b = tallyOf(pageOf({ [requestIndex("GET", 500)]: 2, [durationIndex(4)]: 20 }));
  const both = plus(a, b);
  expect(both).toMatchObject({ requests: 7, errors: 2 });
  expect(minus(both, a)).toEqual(b);
  expect(minus(both, both)).toEqual({ ...NO_TALLY, waiting: both.waiting });
  expect(figuresOf(minus(both, b), 2000).p99Ms).toBeWithin(0.9, 1.06);
});
