// What the scripts `verify:…` read from the files that they run, and make of their output.
import { describe, expect, test } from "bun:test";
import { packagesOf } from "../../scripts/debian-packages.ts";
import { outcomeOf, tableOf } from "../../scripts/verify.ts";

describe("the packages of a file", () => {
  test.each<[string, string, string[]]>([
    ["none", "// Tests.\nimport x;\n", []],
    ["a line of its own", "// Tests.\n// packages: runc, libc6:arm64\n", ["runc", "libc6:arm64"]],
    ["several lines", "// packages: runc\n// packages: musl, podman\n", ["runc", "musl", "podman"]],
    ["a line of a block", "/**\n * packages: runc podman\n */", ["runc", "podman"]],
    ["nothing that apt would take for a flag", "// packages: -o, runc", ["runc"]],
    ["not further down", `${"\n".repeat(30)}// packages: runc`, []],
  ])("%s", (_, source, packages) => {
    expect(packagesOf(source)).toEqual(packages);
  });
});

function run(output: string, code: number) {
  return outcomeOf("x", { output, code, seconds: 1 });
}

describe("the outcome of a run", () => {
  test("has the counts of the last summary", () => {
    const output = "(pass) a\n\n 3 pass\n 2 skip\n 1 fail\nRan 6 tests";
    expect(run(output, 1)).toMatchObject({ passed: 3, failed: 1, skipped: 2, notPossible: [] });
  });

  test("has each reason once", () => {
    const output = "not possible here: no systemd\n 0 pass\nx: not possible here: no systemd\n";
    expect(run(output, 0)).toMatchObject({ passed: 0, failed: 0, notPossible: ["no systemd"] });
  });

  test("is a failure when the run failed outside of any test, or did nothing and gave no reason", () => {
    expect(run(" 3 pass\n 0 fail\n", 1).failed).toBe(1);
    expect(run("", 0).failed).toBe(1);
    expect(run(" 3 pass\n", 0).failed).toBe(0);
  });
});

test("the table tells what was not possible below what ran", () => {
  const counts = { passed: 2, failed: 0, skipped: 1, seconds: 3.25 };
  expect(tableOf([{ name: "systemd", ...counts, notPossible: ["no KVM"] }])).toBe(
    [
      "what      passed   failed  skipped  seconds",
      "systemd        2        0        1      3.3",
      "  not possible here: no KVM",
      "",
    ].join("\n"),
  );
});
