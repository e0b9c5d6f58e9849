import { expect, test } from "bun:test";
import { servingProblem } from "../../src/platform.ts";

test.each<[string, RegExp | undefined]>([
  ["linux", undefined],
  ["darwin", /^pounce cannot serve on macOS: .* Serve on Linux/],
  ["win32", /^pounce cannot serve on win32: /],
  ["freebsd", /^pounce cannot serve on freebsd: /],
])("on %s, what pounce cannot do is said in one line", (platform, expected) => {
  const problem = servingProblem(platform);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
  expect(problem ?? "").not.toContain("\n");
});
