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
  [
    "min_requests = 20",
    "min_requests: a new version is judged by this on trial: set rollout.canary",
  ],
  ["max_error_rate = 0.01", "rollout.max_error_rate: a new version is judged by this on trial"],
  ["max_latency_ratio = 2", "rollout.max_latency_ratio: a new version is judged by this on trial"],
  ['strategy = "rolling"\nmin_requests = 20', "set rollout.canary or rollout.bake as well"],
  ["canary = 0\nmin_requests = 20", undefined],
  ["bake = 0\nmax_error_rate = 0.01", undefined],
  ['bake = "1m"\nmax_latency_ratio = 2\nmax_draining = 1', undefined],
  ["max_draining = 1", undefined],
  ["canary = 1", "less than 1 (0.1 is a tenth), got 1: nobody would be left to compare with"],
  [
    'canary = 10\ncanary_duration = "1m"\nmin_requests = 20',
    "(0.1 is a tenth), got 10: 10 % is 0.1",
  ],
  ['canary = "10%"', 'got "10%": 10 % is 0.1'],
  ['bake = "1m"\nmax_error_rate = "2.5 %"', 'got "2.5 %": 2.5 % is 0.025'],
  ['bake = "1d"', '(seconds, or a string with ms, s, m or h, such as "90s"), got "1d"'],
  ['canary_duration = "1m"', "this is how long a canary lasts: set rollout.canary as well"],
];

for (const [lines, error] of cases) {
  test(`${lines.replaceAll("\n", ", ")} is ${error === undefined ? "fine" : "refused"}`, () => {
    const errors = errorsOf(lines);
    expect(errors.length).toBe(error === undefined ? 0 : 1);
    if (error !== undefined) expect(errors[0]).toContain(error);
  });
}

test("pounce dev needs no command for verify_timeout, as it runs none", () => {
  const dir = mkdtempSync(join(tmpdir(), "rollout-"));
  const lines = '[rollout]\nverify = "/bin/true"\nverify_timeout = "1m"\n';
  writeFileSync(join(dir, "pounce.toml"), lines);
  const input = { flags: { config: "pounce.toml" }, env: {}, cwd: dir };
  expect(loadConfig({ ...input, isDev: true })).toMatchObject({ ok: true });
});
