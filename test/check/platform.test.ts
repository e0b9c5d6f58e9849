// What each system can do, and that `check` says what one cannot.
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

/** What code asks for before it does what one system alone can do. */
const LINUX_ALONE = [
  "sharesAddresses",
  "passesDescriptors",
  "hasLibc",
  "hasProc",
  "hasAbstractSockets",
] as const;

test.each(LINUX_ALONE)("%s is true of Linux, and false of macOS", (capability) => {
  expect(capabilitiesOf("linux")[capability]).toBe(true);
  expect(capabilitiesOf("darwin")[capability]).toBe(false);
});

test("where no addresses are shared it is said what that costs", () => {
  expect(capabilitiesOf("linux").limits).toEqual([]);
  const limits = capabilitiesOf("darwin").limits.join();
  expect(limits).toMatch(/one worker.*refuses new connections.*idle.*never on a Mac/);
});

test("each system has the limit of its sockaddr_un for the path of a control socket", () => {
  expect(capabilitiesOf("linux").socketPathBytes).toBe(107);
  expect(capabilitiesOf("darwin").socketPathBytes).toBe(103);
});

test("addresses are shared where the kernel can be told so and listeners can be passed on", () => {
  for (const name of ["linux", "darwin"]) {
    const { sharesAddresses, passesDescriptors, hasLibc } = capabilitiesOf(name);
    expect(passesDescriptors && hasLibc).toBe(sharesAddresses);
  }
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

/** Each chooses what is done where addresses are shared, and what where they are not. */
const CHOOSERS = [
  "check/check.ts",
  "config/resolve.ts",
  "master/master.ts",
  "master/plan/fit-to-platform.ts",
  "worker/main.ts",
];

test("only code that chooses the way once asks whether addresses are shared", async () => {
  const root = join(import.meta.dir, "../../src");
  const askers: string[] = [];
  for await (const file of new Glob("**/*.ts").scan(root)) {
    const text = await Bun.file(join(root, file)).text();
    if (file !== "platform.ts" && text.includes("sharesAddresses")) askers.push(file);
  }
  expect(askers.toSorted()).toEqual(CHOOSERS);
});
