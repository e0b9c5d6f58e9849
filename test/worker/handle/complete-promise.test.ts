// What the first use of a function of `Promise` does to the class, and that it does so no more.
import { expect, test } from "bun:test";

/** Prints whether the shape of `Promise`, as Bun has it, changes once it is used. */
const USED = `
  const shape = () => /StructureID: (\\d+)/.exec(require("bun:jsc").jscDescribe(Promise))[1];
  const before = shape();
  void Promise.race([Promise.resolve()]);
  void Promise.allSettled([Promise.withResolvers().promise]);
  console.log(before === shape() ? "same" : "changed");
`;

const MODULE = `${import.meta.dir}/../../../src/worker/handle/complete-promise.ts`;

/** Each in a process of its own: the shape changes once, for all that runs there. */
function shapeAfter(script: string): string {
  return Bun.spawnSync([process.execPath, "-e", script]).stdout.toString().trim();
}

// Should Bun make all functions of `Promise` at once one day, `completePromise` can go.
test("the shape of Promise changes when a function of it is first used", () => {
  expect(shapeAfter(USED)).toBe("changed");
});

test("but not once it is complete", () => {
  const script = `require(${JSON.stringify(MODULE)}).completePromise();${USED}`;
  expect(shapeAfter(script)).toBe("same");
});
