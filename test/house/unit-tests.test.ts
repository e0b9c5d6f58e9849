// `npm run test:unit`: it is not what continuous integration runs, so this holds that it works.
import { expect, test } from "bun:test";
import { $ } from "bun";
import { scripts } from "../../package.json";

test("npm run test:unit ends as npm test does, and builds nothing", async () => {
  expect(scripts["test:unit"]).toEndWith(" scripts/test.ts --unit");
  const output = await $`bun scripts/test.ts --unit test/metrics`.quiet();
  const lines = output.stdout.toString().trim().split("\n");
  expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
  expect(lines.some((line) => line.startsWith("Building"))).toBeFalse();
});
