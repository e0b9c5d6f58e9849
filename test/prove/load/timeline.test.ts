// The marks of each millisecond, and the longest silence that they show.
import { describe, expect, test } from "bun:test";
import { Silence, Timeline } from "../../../src/prove/load/timeline.ts";

type Event = readonly [at: number, what: "begin" | "answer" | "rest"];

function marksOf(events: readonly Event[], ...takenAt: readonly number[]): string[] {
  const timeline = new Timeline(0);
  const left = [...events];
  return takenAt.map((toMs) => {
    for (let next = left[0]; next !== undefined && next[0] <= toMs; next = left[0]) {
      timeline[next[1]](next[0]);
      left.shift();
    }
    return timeline.take(toMs);
  });
}

const EVENTS: readonly (readonly [string, readonly Event[], string])[] = [
  ["nobody waits", [], ".........."],
  [
    "one waits and is answered",
    [
      [2.5, "begin"],
      [6.1, "answer"],
    ],
    "..wwwwa...",
  ],
  [
    "an answer within a millisecond",
    [
      [2.1, "begin"],
      [2.9, "answer"],
    ],
    "..a.......",
  ],
  ["one waits for ever", [[3, "begin"]], "...wwwwwww"],
  [
    "one waits no more",
    [
      [3, "begin"],
      [6, "rest"],
    ],
    "...www....",
  ],
  [
    "another still waits after an answer",
    [
      [1, "begin"],
      [2, "begin"],
      [4, "answer"],
      [7, "answer"],
    ],
    ".wwwawwa..",
  ],
  [
    "an answer stands above a wait in the same millisecond",
    [
      [1, "begin"],
      [2.1, "answer"],
      [2.2, "begin"],
      [4, "answer"],
    ],
    ".wawa.....",
  ],
];

describe("a timeline", () => {
  test.each(EVENTS)("%s", (_name, events, marks) => {
    expect(marksOf(events, 10)).toEqual([marks]);
  });

  test.each(EVENTS)("is the same in parts: %s", (_name, events, marks) => {
    expect(marksOf(events, 1, 2, 3, 5, 8, 10).join("")).toBe(marks);
  });

  test("has room for the marks of a process that was stopped for a while", () => {
    const [marks = ""] = marksOf(
      [
        [5, "begin"],
        [9000, "answer"],
      ],
      10_000,
    );
    expect(marks).toBe(`${".".repeat(5)}${"w".repeat(8995)}a${".".repeat(999)}`);
  });
});

function longest(marks: Readonly<Record<number, readonly string[]>>): number {
  const silence = new Silence(Object.keys(marks).map(Number));
  const parts = Math.max(...Object.values(marks).map((it) => it.length));
  for (let part = 0; part < parts; part += 1) {
    for (const [process, given] of Object.entries(marks)) {
      silence.add(Number(process), given[part] ?? "");
    }
  }
  return silence.longestMs;
}

describe("the longest silence", () => {
  test.each([
    ["none", ["....aaaa"], 0],
    ["is that before an answer", [".wwa.wa."], 2],
    ["is the later one", [".wa.wwwa"], 3],
    ["does not end with the load", ["a...wwww"], 4],
    ["goes on in the next report", ["..ww", "wwa.", "w..."], 4],
    ["is broken where nobody waits", ["ww.ww"], 2],
  ])("of one process %s", (_name, marks, ms) => {
    expect(longest({ 0: marks })).toBe(ms);
  });

  test.each([
    ["ends when another has an answer", { 0: ["wwwwwwwa"], 1: ["..wa..wa"] }, 3],
    ["begins when any waits", { 0: ["ww......"], 1: ["..wwwa.."] }, 5],
    ["is seen when the last has told", { 0: ["www", "wwa"], 2: ["...", "..."] }, 5],
    ["is no silence of one", { 0: ["wwwwwwww"], 1: ["aaaaaaaa"], 3: ["........"] }, 0],
    ["waits for who reports late", { 0: ["wwww", "wwww", "wwww"], 1: ["", "", "...a...a...a"] }, 3],
  ])("of several %s", (_name, marks, ms) => {
    expect(longest(marks)).toBe(ms);
  });

  test("does not count what only some have told", () => {
    const silence = new Silence([0, 1]);
    silence.add(0, "wwwwwwww");
    silence.add(1, "....");
    expect(silence.longestMs).toBe(4);
  });
});
