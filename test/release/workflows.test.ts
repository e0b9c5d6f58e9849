// The workflows of continuous integration: that they are YAML, ask for no more than they need, and
// run only what exists here.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { YAML } from "bun";
import manifest from "../../package.json";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, ".github", "workflows");

interface Job {
  readonly "timeout-minutes"?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows = readdirSync(folder).map(
  (name) => [name, YAML.parse(readFileSync(join(folder, name), "utf8")) as Workflow] as const,
);

test("there is one for each push and one for each release", () => {
  expect(workflows.map(([name]) => name).toSorted()).toEqual(["ci.yml", "release.yml"]);
});

describe.each(workflows)("%s", (_, workflow) => {
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  test("may only read, but for the one job that attaches the files", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const writing = jobs.filter(([, job]) => job.permissions !== undefined).map(([name]) => name);
    expect(["attach", ""]).toContain(writing.join());
  });

  test("has a limit of time for each job", () => {
    for (const [, job] of jobs) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  test("uses actions of a major version that is named", () => {
    for (const { uses } of steps) {
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
    }
  });

  test("runs scripts that exist", () => {
    const lines = steps.flatMap(({ run }) => run?.split("\n") ?? []);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const script = /\bnpm (?:run )?([a-z:]+)/.exec(line)?.[1];
      if (script !== undefined) expect(Object.keys(manifest.scripts)).toContain(script);
      for (const [file] of line.matchAll(/(?<![\w./])(?:scripts\/[\w./-]+|\.ci\/\w+)/g)) {
        expect(existsSync(join(root, file))).toBe(true);
      }
    }
  });
});

test("a release is made only of a tag that is the version", () => {
  const release = workflows.find(([name]) => name === "release.yml")?.[1];
  const [check] = release?.jobs["build"]?.steps.flatMap(({ run }) => run ?? []) ?? [];
  const tagged = (tag: string) =>
    Bun.spawnSync(["sh", "-c", check ?? "false"], {
      cwd: root,
      env: { PATH: process.env["PATH"], GITHUB_REF_NAME: tag },
    }).exitCode;
  expect(tagged(`v${manifest.version}`)).toBe(0);
  expect(tagged("v0.0.0-other")).not.toBe(0);
});
