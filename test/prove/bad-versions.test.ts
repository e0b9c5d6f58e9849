// Which bad versions are tried, and when.
import { expect, test } from "bun:test";
import { badVersions, scheduleOf, sourceOf } from "../../src/prove/bad-versions.ts";

test("what never finishes loading is tried only where a reload soon gives up", () => {
  expect(badVersions(2000)).toMatchObject({ untried: [] });
  expect(badVersions(2000).tried).toContain("never finishes loading");
  const { tried, untried } = badVersions(30_000);
  expect(tried).toEqual(["does not parse", "throws at load", "ends its process"]);
  expect(untried).toEqual([
    "never finishes loading (startup_timeout is 30 s; --startup-timeout 3s)",
  ]);
});

test.each([
  [1, ["good", "throws at load"]],
  [2, ["good", "throws at load", "good"]],
  [3, ["good", "throws at load", "good", "ends its process", "good"]],
] as const)("with %d reloads bad versions take turns between good ones", (reloads, expected) => {
  expect(scheduleOf(reloads, ["throws at load", "ends its process"])).toEqual([...expected]);
});

test("without bad versions all are good", () => {
  expect(scheduleOf(2, [])).toEqual(["good", "good"]);
});

const parse = (source: string) => new Bun.Transpiler({ loader: "ts" }).transformSync(source);

test("each is bad as ESM and as CommonJS", () => {
  expect(() => parse(sourceOf("does not parse"))).toThrow();
  for (const version of ["throws at load", "ends its process", "never finishes loading"] as const) {
    expect(parse(sourceOf(version))).not.toMatch(/\b(await|import|require|export)\b/);
  }
});
