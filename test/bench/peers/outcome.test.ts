// What several rounds say together, where pounce is behind in it, and its tables.
import { describe, expect, test } from "bun:test";
import { behind } from "../../../scripts/bench/peers/behind.ts";
import { outcomeOf } from "../../../scripts/bench/peers/outcome.ts";
import { changesTable, steadyTable } from "../../../scripts/bench/peers/tables.ts";
import { fixed, losses, outcome, twice } from "./samples.ts";

describe("an outcome", () => {
  test("has the median of all rounds and the sum of what was lost in them", () => {
    const { p99Ms, startMs, kept } = outcome(
      "nginx",
      { p99Ms: 1, startMs: [10, 20], kept: losses(5) },
      { p99Ms: 9, startMs: [30, 40], kept: losses(7, 1) },
      { p99Ms: 2, startMs: [50], kept: losses(0) },
    );
    expect(p99Ms).toEqual({ median: 2, low: 1, high: 9, few: 3 });
    expect(startMs.median).toBe(30);
    expect(kept).toEqual({ reloads: 9, unfinished: 1, answered: 2_988, lost: 12 });
  });

  test("has nothing about reloads where a server cannot reload", () => {
    expect(Object.keys(fixed("raw"))).not.toContain("kept");
    expect(Object.keys(fixed("raw"))).not.toContain("newAnswerMs");
  });

  test("is none without a sample", () => {
    expect(() => outcomeOf({ name: "puma", version: "puma" }, [])).toThrow("puma was not measured");
  });
});

describe("pounce is behind", () => {
  test("where another is better beyond the spread of both, the best first", () => {
    const ours = outcome("pounce", { memoryMb: 50 }, { memoryMb: 60 });
    const others = [
      outcome("near", { memoryMb: 45 }, { memoryMb: 52 }),
      twice("half", { memoryMb: 27.5 }),
      twice("tenth", { memoryMb: 5 }),
      twice("worse", { memoryMb: 99 }),
    ];
    expect(behind(ours, others)).toEqual(["**memory (PSS)**: tenth (11 times), half (2.00 times)"]);
  });

  test("in requests per second where another has more", () => {
    const others = [
      twice("more", { requestsPerSecond: 150_000 }),
      twice("less", { requestsPerSecond: 50_000 }),
    ];
    expect(behind(twice("pounce"), others)).toEqual(["**requests per second**: more (1.50 times)"]);
  });

  test("nowhere against servers that are the same, or cannot reload", () => {
    expect(behind(twice("pounce"), [twice("same"), fixed("raw")])).toEqual([]);
  });

  test("nowhere where one of the two had one round, however good it was", () => {
    const [once, often] = [outcome("once", { memoryMb: 1 }), twice("often", { memoryMb: 1 })];
    expect(behind(twice("pounce"), [once])).toEqual([]);
    expect(behind(outcome("pounce"), [often])).toEqual([]);
  });
});

describe("the tables", () => {
  const outcomes = [
    outcome("pounce", { cpuMicrosPerRequest: 9 }, { cpuMicrosPerRequest: 11 }),
    fixed("raw Bun.serve"),
    outcome("puma", { anew: losses(55), kept: losses(1, 1) }),
  ];

  test("have each figure with its unit and spread", () => {
    expect(steadyTable(outcomes)).toContain(
      "| pounce        | 100,000 ±0 %        | 10.0 µs ±10 %    |",
    );
  });

  test("have no spread of one round, however often it starts", () => {
    const once = outcome("pounce", { startMs: [10, 20, 90] });
    expect(steadyTable([once]) + changesTable([once])).not.toContain("±");
    expect(changesTable([once])).toContain("| 20 ms ");
  });

  test("have what was lost, a star for reloads that did not end, a dash for none", () => {
    const table = changesTable(outcomes);
    expect(table).toMatch(/^\| pounce .* 0 of 2,000 +\| 0 of 2,000 +\|$/m);
    expect(table).toMatch(/^\| raw Bun.serve \| 42 ms .*\| – +\| – +\| – +\|$/m);
    expect(table).toMatch(/^\| puma .* 55 of 1,000 +\| 1 of 1,000 \* +\|$/m);
  });

  test("have lines of one length, each of which fits a page", () => {
    for (const table of [steadyTable(outcomes), changesTable(outcomes)]) {
      const lengths = table.split("\n").map((line) => line.length);
      expect(new Set(lengths).size).toBe(1);
      expect(lengths[0]).toBeLessThanOrEqual(100);
    }
  });
});
