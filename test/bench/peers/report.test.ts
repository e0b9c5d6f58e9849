// What a run says in the manual, and how it gets there.
import { describe, expect, test } from "bun:test";
import { withPart } from "../../../scripts/bench/peers/chapter.ts";
import { chapterPart, plotOf, type Run } from "../../../scripts/bench/peers/report.ts";
import { firstVersion } from "../../../scripts/bench/peers/found.ts";
import { filled } from "../../../scripts/bench/peers/stage.ts";
import { losses, outcome, twice } from "./samples.ts";

const RUN: Run = {
  outcomes: [
    twice("pounce"),
    twice("nginx", { memoryMb: 5, busy: 0.97 }),
    twice("puma", { kept: losses(1, 1) }),
  ],
  skipped: ["haproxy is not installed"],
  rounds: 5,
  date: "2026-01-02",
  machine: "2 processors, Linux 6.1",
};

describe("the part of the chapter", () => {
  const part = chapterPart(RUN);

  test("names date, machine, rounds, versions, and what was left out", () => {
    expect(part).toStartWith("2026-01-02, 2 processors, Linux 6.1. The median of 5 rounds;");
    expect(part).toContain("Versions: pounce 1.2.3; nginx 1.2.3; puma 1.2.3.");
    expect(part).toContain("Left out: haproxy is not installed.");
  });

  test("says where pounce is behind, whose reloads did not end, and how busy all was", () => {
    expect(part).toContain("## Where pounce is behind\n\nHow many times better others are");
    expect(part).toEndWith(":\n\n- **memory (PSS)**: nginx (10 times)");
    expect(part).toContain("puma (2 times)");
    expect(part).toContain("97 % to 100 % busy");
  });

  test("says what a reload was, and over how many all was lost that was", () => {
    expect(part.replaceAll("\n", " ")).toContain(
      "Each server had 6 with a new connection for each request, and 6 on connections that stay",
    );
  });

  test.each([
    [1, "One round: it has no spread"],
    [5, "The median of 5 rounds; behind ±, how far the range of all goes"],
    [6, "The median of 6 rounds; behind ±, how far its 95 % interval goes."],
  ])("of %d rounds says what its spread is", (rounds, said) => {
    expect(chapterPart({ ...RUN, rounds }).replaceAll("\n", " ")).toContain(said);
  });

  test("of one round says nothing of where pounce is behind", () => {
    const outcomes = [outcome("pounce"), outcome("nginx", { memoryMb: 5 })];
    const once = chapterPart({ ...RUN, outcomes, rounds: 1 });
    expect(once).toEndWith("\n\nOne round cannot tell what is behind from what is noise.");
    expect(once).not.toMatch(/±|1 rounds/);
    expect(plotOf({ ...RUN, outcomes, rounds: 1 })).toContain("bars: one round, cut bars");
  });

  test("has no line that is longer than a page", () => {
    for (const line of part.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test("cannot be without pounce", () => {
    expect(() => chapterPart({ ...RUN, outcomes: RUN.outcomes.slice(1) })).toThrow(
      "pounce was not measured",
    );
  });

  test("stands between its marks, however often it is written", () => {
    const begin = "<!-- measured: written by npm run bench -- peers --write -->";
    const end = "<!-- end of what was measured -->";
    const once = withPart(`# A\n\n${begin}\n\nold\n\n${end}\n\nrest\n`, "new");
    expect(once).toBe(`# A\n\n${begin}\n\nnew\n\n${end}\n\nrest\n`);
    expect(withPart(once, "new")).toBe(once);
    expect(() => withPart("# A\n", "new")).toThrow("no place for what was measured");
  });
});

test("the plot says how it was made, and explains a star only if it has one", () => {
  const [first, second] = [RUN.outcomes, RUN.outcomes.slice(0, 2)].map((outcomes) =>
    plotOf({ ...RUN, outcomes }),
  );
  expect(first).toContain("measured with: npm run bench -- peers<");
  expect(first).toContain("* some reloads did not end");
  expect(second).not.toContain("* some reloads did not end");
});

test.each([
  ["nginx version: nginx/1.22.1", "1.22.1"],
  ["HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/", "2.6.12"],
  ["puma version 5.6.5", "5.6.5"],
  ["ruby 3.1.2p20 (2022-04-12) [x86_64-linux-gnu]", "3.1.2"],
  ["gunicorn (version 20.1.0)", "20.1.0"],
  ["v20.20.2", "20.20.2"],
  ["none", undefined],
])("the version in %p is %p", (text, version) => {
  expect(firstVersion(text)).toBe(version);
});

test("a file's placeholders are filled in, and one without a value is an error", () => {
  expect(filled("listen {{port}}; # {{port}}", { port: "80" })).toBe("listen 80; # 80");
  expect(() => filled("{{pork}}", { port: "80" })).toThrow("no value for {{pork}}");
});
