// Two records of a benchmark side by side.
import { describe, expect, test } from "bun:test";
import { compareRecords, parseRecord } from "../../scripts/bench/compare.ts";
import { type Record, serialize } from "../../scripts/bench/record.ts";
import { judged, type Row, shown } from "../../scripts/bench/report.ts";
import { estimate } from "../../scripts/bench/statistics.ts";

const between = (low: number, median: number, high: number) => ({ low, median, high });

function record(version: string, found: readonly Row[]): Record {
  return {
    format: 1,
    date: "2026-01-02T03:04:05.000Z",
    command: "bun scripts/bench.ts",
    machine: { processors: 2, model: "x", memoryMb: 1, kernel: "linux 6", loadAverage: 0 },
    versions: { pounce: version },
    rounds: 12,
    measures: [{ name: "idle", tookSeconds: 1, rows: found, rounds: [{ pounce: Number.NaN }] }],
  };
}

function rows(cpu: number, start: number): Row[] {
  const requirement = "CPU time";
  return [
    judged({
      requirement,
      unit: "ms",
      measured: between(cpu - 1, cpu, cpu + 1),
      limit: { atMost: 60 },
    }),
    shown({ requirement: "  to naive", unit: "ratio", measured: between(1, 1.5, 2) }),
    shown({ requirement: "start", unit: "ms", measured: between(start - 5, start, start + 5) }),
    shown({ requirement: "  to naive", unit: "ratio", measured: between(3, 3, 3) }),
  ];
}

test("rows are matched by what they explain, and a clear difference is told from noise", () => {
  const text = compareRecords(record("pounce 1", rows(99, 70)), record("pounce 2", rows(55, 72)));
  expect(text.split("\n").map((line) => line.split(/ {2,}/).filter(Boolean))).toEqual([
    ["before: 2026-01-02T03:04:05.000Z", "pounce 1"],
    ["after:", "2026-01-02T03:04:05.000Z", "pounce 2"],
    [],
    [
      "requirement",
      "limit",
      "before",
      "after",
      "after / before",
      "difference",
      "verdict before",
      "verdict after",
    ],
    expect.arrayContaining([expect.stringMatching(/^-+$/)]),
    [
      "CPU time",
      "<= 60 ms",
      "99.0 [98.0, 100.0] ms",
      "55.0 [54.0, 56.0] ms",
      "0.556",
      "clear",
      "MISSED",
      "ok",
    ],
    [
      "to naive",
      "1.500 [1.000, 2.000]",
      "1.500 [1.000, 2.000]",
      "1.000",
      "within the intervals",
      "shown",
      "shown",
    ],
    [
      "start",
      "70.0 [65.0, 75.0] ms",
      "72.0 [67.0, 77.0] ms",
      "1.029",
      "within the intervals",
      "shown",
      "shown",
    ],
    ["to naive", "3.000", "3.000", "1.000", "within the intervals", "shown", "shown"],
  ]);
});

test("rows that only one record has are listed, each under its own name", () => {
  const text = compareRecords(
    record("pounce 1", rows(99, 70)),
    record("pounce 2", [
      ...rows(55, 72).slice(0, 3),
      shown({ requirement: "new", unit: "count", measured: between(1, 1, 1) }),
    ]),
  );
  expect(text).toEndWith(
    "\n\nonly before:\n  idle > start > to naive\n\nonly after:\n  idle > new",
  );
});

test.each([
  ["one round cannot tell", [1], [9]],
  ["within the ranges", [1, 5], [5, 9]],
  ["ranges apart", [1, 2, 3, 4, 5], [6, 7, 8, 9, 9, 9]],
  ["clear", [1, 2, 3, 4, 5, 6], [7, 8, 9, 9, 9, 9]],
])("of few rounds no more is said than they can tell: %s", (said, before, after) => {
  const [was, is] = [before, after].map((values) =>
    record("p", [shown({ requirement: "a", unit: "ms", measured: estimate(values) })]),
  );
  if (was === undefined || is === undefined) throw new Error("two records");
  expect(compareRecords(was, is)).toContain(`  ${said}  `);
});

test("a record comes back from its file as it was, with what could not be measured", () => {
  const written = record("pounce 1", rows(Number.NaN, 70));
  expect(parseRecord("a.json", serialize(written))).toEqual(written);
});

describe("a file that is no record is an error that names it", () => {
  test.each([
    ["{", "a.json: not JSON: "],
    ["{}", 'a.json: expected a file of `--json` with "format": 1'],
    ["null", 'a.json: expected a file of `--json` with "format": 1'],
    ['{"format": 2, "measures": []}', 'a.json: expected a file of `--json` with "format": 1'],
  ])("%s", (text, message) => {
    expect(() => parseRecord("a.json", text)).toThrow(message);
  });
});
