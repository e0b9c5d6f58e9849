// What rounds of measurements say about the goals: which figure is held against which.
import { describe, expect, test } from "bun:test";
import { type IdleRound, idleRows } from "../../scripts/bench/goals/idle.ts";
import type { LoadRound } from "../../scripts/bench/goals/load-round.ts";
import { loadRows } from "../../scripts/bench/goals/load-rows.ts";
import { memoryRows } from "../../scripts/bench/goals/memory.ts";
import type { Slice } from "../../scripts/bench/goals/slice.ts";
import { parseOptions } from "../../scripts/bench/options.ts";
import type { Row } from "../../scripts/bench/report.ts";

function slice(rate: number, figures: Partial<Slice> = {}): Slice {
  const fixed = { p50Ms: 1, p99Ms: 2, lost: 0, busy: 1, cpuMicrosPerRequest: 10 };
  return { ...fixed, requestsPerSecond: rate, ...figures };
}

const ROUND: LoadRound = {
  plain: {
    raw: [slice(90), slice(110), slice(110), slice(90)],
    rawAgain: [slice(100), slice(100), slice(100), slice(100)],
    pounce: [97, 99, 97, 99].map((rate) => slice(rate, { cpuMicrosPerRequest: 10.5 })),
  },
  steady: { pounce: [slice(100, { p99Ms: 2 }), slice(120, { p99Ms: 4 })] },
  reloaded: {
    pounce: [slice(99, { p99Ms: 6, newAfterMs: 60 })],
    naive: [slice(120, { lost: 7, newAfterMs: 50 })],
  },
  anew: {
    pounce: [slice(24, { newAfterMs: 90 })],
    naive: [slice(30, { lost: 2, newAfterMs: 45 })],
  },
};

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(3));
}

/** The medians of rows and of their controls, by requirement. */
function medians(rows: readonly Row[]): Record<string, (number | undefined)[]> {
  return Object.fromEntries(
    rows.map(({ requirement, measured, control }) => [
      requirement.trim(),
      [rounded(measured?.median), rounded(control?.median)],
    ]),
  );
}

describe("under load", () => {
  test("each figure is held against its own kind, in its own round", () => {
    expect(medians(loadRows([ROUND, ROUND]))).toEqual({
      "requests/s, kept alive: pounce / raw": [0.98, 1],
      "CPU time of a request: pounce / raw": [1.05, 1],
      "requests/s with a reload each 2 s / without": [0.9, 1.222],
      "p99 with a reload each 2 s / without": [2, 1],
      "requests lost in those slices, and in those with a connection each": [0, undefined],
      "HUP to first new answer, under load: pounce / naive": [1.2, undefined],
      "requests/s, a connection each, with reloads: pounce / naive": [0.8, undefined],
      "HUP to first new answer meanwhile": [2, undefined],
    });
  });

  test("what the naive way has lost is counted", () => {
    const lost = loadRows([ROUND, ROUND]).find(({ requirement }) => requirement.includes("lost"));
    expect(lost?.detail).toBe("naive: 18");
  });

  test("an older pounce is held against raw, and the change is that to it", () => {
    const older = [slice(49), slice(49), slice(49), slice(49)];
    const both: LoadRound = {
      ...ROUND,
      plain: { ...ROUND.plain, before: older },
      steady: { ...ROUND.steady, before: [slice(50)] },
      reloaded: { ...ROUND.reloaded, before: [slice(40, { newAfterMs: 120 })] },
      anew: { ...ROUND.anew, before: [slice(12, { newAfterMs: 90 })] },
    };
    const [throughput] = loadRows([both]);
    expect(throughput?.before?.median).toBeCloseTo(0.49);
    expect(throughput?.change?.median).toBeCloseTo(2);
  });
});

test("an idle server is held against the naive way, whose second is the control", () => {
  const naive = { startMs: 40, firstReloadCpuMs: 30, reloadCpuMs: 45 };
  const round: IdleRound = {
    naive,
    naiveAgain: { ...naive, startMs: 42 },
    pounce: { startMs: 60, firstReloadCpuMs: 110, reloadCpuMs: 99 },
  };
  expect(medians(idleRows([round]))).toEqual({
    "CPU time of an idle reload, all processes": [99, 1],
    "pounce / naive": [2.2, undefined],
    "of the first reload after the start": [110, undefined],
    "start to first answer: pounce / naive": [1.5, 1.05],
  });
});

test("memory is the sum of all processes, some time after a load", () => {
  const round = {
    pounce: { loadedMb: 80, settledMb: 42 },
    naive: { loadedMb: 60, settledMb: 40 },
  };
  const [settled, loaded] = memoryRows([round]);
  expect([settled?.measured?.median, settled?.detail]).toEqual([42, "naive: 40.0 MB"]);
  expect([loaded?.measured?.median, loaded?.detail]).toEqual([80, "naive: 60.0 MB"]);
});

const parse = (...argv: string[]) =>
  parseOptions(argv, {
    defaults: ["load"],
    all: ["load", "a", "b", "peers"],
    groups: { scale: ["a", "b"] },
    comparing: ["load", "a"],
  });

describe("the command line", () => {
  test("measures the defaults, all with --full, or what is named, alone or as a group", () => {
    expect(parse()).toMatchObject({ names: ["load"], rounds: 12, isFull: false });
    expect(parse("--full")).toMatchObject({ names: ["load", "a", "b", "peers"], rounds: 20 });
    expect(parse("scale", "--rounds", "3")).toMatchObject({ names: ["a", "b"], rounds: 3 });
  });

  test("measures once what is named twice", () => {
    expect(parse("b", "scale", "b").names).toEqual(["b", "a"]);
  });

  test("takes an option where some measurement heeds it", () => {
    expect(parse("a", "load", "--against", "old")).toMatchObject({ against: "old" });
    expect(parse("peers", "a", "--write")).toMatchObject({ isWritten: true });
  });

  test.each([
    [["lod"], "lod: no measurement. There are load, a, b, peers, scale"],
    [["--rounds", "0"], '--rounds takes a whole number over zero, such as 12; got "0"'],
    [["a", "--write"], "--write goes with peers"],
    [["a", "b", "peers", "--against", "x"], "--against goes with load, a; not with b, peers"],
    [["--seconds", "x"], '--seconds takes a number over zero, such as 0.5; got "x"'],
  ])("%j is an error that names what is wrong", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
