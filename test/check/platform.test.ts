import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { capabilitiesOf, servingProblem } from "../../src/platform.ts";

test.each<[string, RegExp | undefined]>([
  ["linux", undefined],
  ["darwin", undefined],
  ["win32", /^pounce cannot serve on win32: /],
  ["freebsd", /^pounce cannot serve on freebsd: /],
])("on %s, what pounce cannot do is said in one line", (platform, expected) => {
  const problem = servingProblem(platform);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
  expect(problem ?? "").not.toContain("\n");
});

test("Linux alone shares addresses, and where none are shared it is said what that costs", () => {
  expect(capabilitiesOf("linux")).toMatchObject({ sharesAddresses: true, limits: [] });
  const { sharesAddresses, limits } = capabilitiesOf("darwin");
  expect(sharesAddresses).toBe(false);
  expect(limits.join()).toMatch(/one worker.*refuses new connections.*idle.*never on a Mac/);
});

test("the code asks for its system in a way that holds where it is compiled for another", async () => {
  const root = join(import.meta.dir, "../../src");
  for await (const file of new Glob("**/*.ts").scan(root)) {
    if (file === "platform.ts") continue;
    // The bundler would put its own machine's in the place of these.
    expect([
      file,
      /process\.(platform|arch)\b/.exec(await Bun.file(join(root, file)).text()),
    ]).toEqual([file, null]);
  }
});
