// Histograms of response times, and their percentiles.
import { describe, expect, test } from "bun:test";
import { Histogram, percentileMs } from "../../../src/prove/load/histogram.ts";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe("a histogram", () => {
  test.each([
    [0.02, 0.02],
    [1, 1],
    [9.75, 9.75],
    [1_500, 1_500],
  ])("has %d ms to half a percent", (ms, expected) => {
    const found = percentileMs([histogramOf([ms])], 50);
    expect(Math.abs(found / expected - 1)).toBeLessThan(0.005);
  });

  test("of several, which came as messages, has the percentile of all", () => {
    const halves = [upTo(1000).slice(0, 700), upTo(1000).slice(700)].map(histogramOf);
    const received = halves.map((one) => new Histogram(JSON.parse(JSON.stringify(one))));
    expect(Math.abs(percentileMs(received, 99) / 990 - 1)).toBeLessThan(0.005);
    expect(Math.abs(percentileMs(received, 50) / 500 - 1)).toBeLessThan(0.005);
  });

  test("takes what is out of its range as its ends, and has no percentile when empty", () => {
    expect(percentileMs([histogramOf([0])], 99)).toBeLessThan(0.002);
    expect(percentileMs([histogramOf([1e9])], 99)).toBeGreaterThan(119_000);
    expect(percentileMs([], 99)).toBeNaN();
  });
});
