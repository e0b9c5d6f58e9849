// Which settings of [rollout] do not go together.
import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";

/** What is wrong with a file that has these lines in [rollout]. */
function errorsOf(lines: string): readonly string[] {
  const dir = mkdtempSync(join(tmpdir(), "rollout-"));
  writeFileSync(join(dir, "pounce.toml"), `[rollout]\n${lines}\n`);
  const loaded = loadConfig({ flags: { config: "pounce.toml" }, env: {}, cwd: dir });
  return loaded.ok ? [] : loaded.errors;
}

const WITH_ALL = (key: string, strategy: string): string =>
  `rollout.${key} needs strategy = "all", and it is "${strategy}": set one of the two only`;

const cases: readonly [string, string | undefined][] = [
  ["canary = 0.1", undefined],
  ['canary = 0.1\ncanary_duration = "1m"\nbake = "1m"', undefined],
  ['strategy = "rolling"\nmax_surge = 2', undefined],
  ['strategy = "restart"', undefined],
  ['strategy = "rolling"\ncanary = 0', undefined],
  ['strategy = "rolling"\ncanary = 0.1', WITH_ALL("canary", "rolling")],
  ['strategy = "restart"\nbake = "1m"', WITH_ALL("bake", "restart")],
  ["max_surge = 2", 'rollout.max_surge needs strategy = "rolling", and it is "all"'],
  ['canary = 0\ncanary_duration = "1m"', undefined],
  ['verify = "/bin/true"\nverify_timeout = "1m"', undefined],
  ['verify_timeout = "1m"', "a command may take: set rollout.verify as well"],
  ['canary_duration = "1m"', "this is how long a canary lasts: set rollout.canary as well"],
];

for (const [lines, error] of cases) {
  test(`${lines.replaceAll("\n", ", ")} is ${error === undefined ? "fine" : "refused"}`, () => {
    const errors = errorsOf(lines);
    expect(errors.length).toBe(error === undefined ? 0 : 1);
    if (error !== undefined) expect(errors[0]).toContain(error);
  });
}
