// What a generation has done, by the pages of its workers.
import { describe, expect, test } from "bun:test";
import { durationIndex, PAGE, PAGE_LENGTH, requestIndex } from "../../src/metrics/page.ts";
import { figuresOf, minus, NO_TALLY, plus, tallyOf } from "../../src/metrics/tally.ts";

function pageOf(values: Readonly<Record<number, number>>): Float64Array {
  const page = new Float64Array(PAGE_LENGTH);
  for (const [index, value] of Object.entries(values)) page[Number(index)] = value;
  return page;
}

const figures = (values: Readonly<Record<number, number>>) => figuresOf(tallyOf(pageOf(values)));

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
  expect(minus(both, both)).toEqual(NO_TALLY);
  expect(figuresOf(minus(both, b)).p99Ms).toBeWithin(0.9, 1.06);
});
