// The plot of the comparison: its scales, where its parts are, and that it is a picture.
import { describe, expect, test } from "bun:test";
import { panelsOf, scaleOf } from "../../../scripts/bench/peers/bars.ts";
import { escaped, placePanels, svg } from "../../../scripts/bench/peers/plot.ts";
import { fixed, losses, outcome } from "./samples.ts";

test.each([
  { values: [1, 5, 10], scale: 10, what: "the greatest value" },
  { values: [2, 300, 3], scale: 3, what: "the greatest but one that dwarfs the others" },
  { values: [2, 300, 3, 290], scale: 300, what: "not cut for one of two that are alike" },
  { values: [7], scale: 7, what: "the only one" },
  { values: [], scale: 1, what: "any if there is none" },
])("the end of a scale is $what", ({ values, scale }) => {
  expect(scaleOf(values)).toBe(scale);
});

describe("the panels", () => {
  const panels = panelsOf([
    outcome("pounce", { p99Ms: 1 }, { p99Ms: 3 }),
    outcome("puma", { p99Ms: 300, kept: losses(12, 1) }),
    fixed("raw"),
  ]);
  const panel = (title: string) => panels.find((one) => one.title.startsWith(title));

  test("show a value with its spread, and cut a bar that dwarfs the others", () => {
    expect(panel("p99")?.bars).toEqual([
      { name: "pounce", length: 2 / 3, spread: { low: 1 / 3, high: 1 }, label: "2.0 ms" },
      { name: "puma", length: 1, isCut: true, label: "300.0 ms" },
      { name: "raw", length: 2 / 3, spread: { low: 2 / 3, high: 2 / 3 }, label: "2.0 ms" },
    ]);
  });

  test("show what was lost over how many reloads, and who cannot reload", () => {
    expect(panel("lost, keep-alive")).toEqual({
      title: "lost, keep-alive, 6 reloads",
      hint: "less is better",
      bars: [
        { name: "pounce", length: 0, label: "0" },
        { name: "puma", length: 1, label: "12 *" },
        { name: "raw", length: 0, label: "cannot reload" },
      ],
    });
  });

  test("lie in two columns and do not overlap", () => {
    const { corners, height } = placePanels(panels);
    const [first, second, third] = corners;
    expect(first?.y).toBe(second?.y ?? Number.NaN);
    expect(third?.x).toBe(first?.x ?? Number.NaN);
    expect(third?.y).toBeGreaterThan((first?.y ?? 0) + 3 * 20);
    expect(height).toBeGreaterThan(Math.max(...corners.map(({ y }) => y)));
  });
});

describe("the picture", () => {
  const panels = panelsOf([outcome("pounce"), outcome("Node's <cluster>", { p99Ms: 400 })]);
  const picture = svg({ title: "a & b", subtitle: "", notes: ["n"], panels, ours: "pounce" });

  test("is well-formed, and says nothing with a mark that is XML's own", () => {
    let depth = 0;
    for (const [, close, , self] of picture.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      depth += close === "/" ? -1 : self === "/" ? 0 : 1;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
    expect(picture).toContain("Node's &lt;cluster&gt;");
    expect(picture).toContain("<title>a &amp; b</title>");
  });

  test("has numbers only, stands out ours, and has colours for the dark", () => {
    expect(picture).not.toMatch(/NaN|undefined|Infinity/);
    expect(picture.match(/class="ours"/g)?.length).toBe(6);
    expect(picture).toContain('class="cut"');
    expect(picture).toContain("prefers-color-scheme: dark");
  });
});

test("what is XML's own is escaped", () => {
  expect(escaped("a<b>&c")).toBe("a&lt;b&gt;&amp;c");
});
