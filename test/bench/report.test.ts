// Verdicts on what a benchmark has measured, and how they are printed.
import { describe, expect, test } from "bun:test";
import { judged, type Limit, shown, skipped, type Verdict } from "../../scripts/bench/report.ts";
import { estimate, exactly } from "../../scripts/bench/statistics.ts";
import { formatEstimate, table } from "../../scripts/bench/table.ts";

const between = (low: number, median: number, high: number) => ({ low, median, high });
const ratio = { requirement: "a / b", unit: "ratio" } as const;

describe("a verdict", () => {
  const cases: [string, [number, number, number], Limit, number, Verdict][] = [
    ["all of the interval meets the limit", [0.991, 1, 1.01], { atLeast: 0.99 }, 1, "ok"],
    ["the limit itself is met", [0.99, 0.99, 0.99], { atLeast: 0.99 }, 1, "ok"],
    ["none of it does", [0.9, 0.95, 0.98], { atLeast: 0.99 }, 1, "MISSED"],
    ["the limit is inside", [0.98, 1, 1.02], { atLeast: 0.99 }, 1, "noise"],
    ["all is below the most", [1, 1.1, 1.15], { atMost: 1.15 }, 1, "ok"],
    ["all is above the most", [1.2, 1.3, 1.4], { atMost: 1.15 }, 1, "MISSED"],
    ["the most is inside", [1.1, 1.2, 1.3], { atMost: 1.15 }, 1, "noise"],
    ["the control is off by more than what is over", [1, 1, 1], { atLeast: 0.99 }, 1.02, "noise"],
    ["the control is off by less than that", [1.05, 1.05, 1.05], { atLeast: 0.99 }, 1.02, "ok"],
    ["the control is off the other way", [1.05, 1.05, 1.05], { atLeast: 0.99 }, 0.9, "noise"],
    ["a miss is more than the control is off", [0.9, 0.9, 0.9], { atLeast: 0.99 }, 0.98, "MISSED"],
    ["a miss is less than that", [0.98, 0.98, 0.98], { atLeast: 0.99 }, 0.98, "noise"],
    ["nothing could be measured", [Number.NaN, Number.NaN, Number.NaN], { atMost: 2 }, 1, "MISSED"],
    ["the control could not be measured", [1, 1, 1], { atMost: 2 }, Number.NaN, "noise"],
  ];
  test.each(cases)("%s", (_, [low, middle, high], limit, control, verdict) => {
    const measured = between(low, middle, high);
    const row = judged({ ...ratio, measured, limit, control: exactly(control) });
    expect(row.verdict).toBe(verdict);
  });
});

test("a figure is printed with its interval, unless it has none", () => {
  expect(formatEstimate(between(40.94, 41.2, 42), "MB")).toBe("41.2 [40.9, 42.0] MB");
  expect(formatEstimate(exactly(3), "count")).toBe("3");
  expect(formatEstimate(between(0.98, 0.987, 1.1), "ratio")).toBe("0.987 [0.980, 1.100]");
});

const printed = (...values: number[]): string =>
  table([shown({ ...ratio, measured: estimate(values) })]);

describe("what comes from few rounds", () => {
  const note = "* from fewer than 6 rounds: the range of all, not a 95 % interval";

  test.each([
    ["a range", [1.1, 1.3, 2.4], "1.300 [1.100, 2.400]*"],
    ["one round", [1.3], "1.300*"],
  ])("has a mark, which the table explains: %s", (_, values, cell) => {
    expect(printed(...values)).toContain(`${cell} `);
    expect(printed(...values).split(note)).toHaveLength(2);
  });

  test("is not what is counted, or comes from more", () => {
    expect(printed(1, 2, 3, 4, 5, 6)).not.toContain("*");
    expect(table([shown({ ...ratio, measured: exactly(3) })])).not.toContain("*");
  });
});

test("the table has the columns that some row has something in", () => {
  const row = judged({
    ...ratio,
    measured: between(0.98, 1, 1.02),
    limit: { atLeast: 0.9 },
    control: exactly(1),
  });
  expect(table([row, skipped("c", "no d")])).toBe(
    [
      "requirement  limit   measured              control  verdict  detail",
      "-----------  ------  --------------------  -------  -------  ------",
      "a / b        >= 0.9  1.000 [0.980, 1.020]  1.000    ok",
      "c                                                   skipped  no d",
    ].join("\n"),
  );
});

test("with an executable before, the table has what it had and the change since", () => {
  const row = shown({
    requirement: "start",
    unit: "ms",
    measured: exactly(40),
    before: exactly(50),
    change: exactly(0.8),
  });
  expect(table([row])).toBe(
    [
      "requirement  before   measured  measured / before  verdict",
      "-----------  -------  --------  -----------------  -------",
      "start        50.0 ms  40.0 ms   0.800              shown",
    ].join("\n"),
  );
});
