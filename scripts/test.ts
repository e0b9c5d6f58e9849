// Builds dist/pounce and runs every test: `npm test`, or `npm test -- test/core` for some of them.
// `npm run test:unit` builds nothing and leaves out the tests that need an executable; it takes
// seconds.
// The last line is `N passed, N failed`; the exit code is 0 only when something passed and nothing
// failed.
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { build } from "./build.ts";
import { countOf } from "./test-summary.ts";

/**
 * How many test files run at a time. The slow ones mostly wait for servers, so two per core keep it
 * busy.
 */
const FILES_AT_A_TIME = Math.min(2 * availableParallelism(), 8);

/**
 * How long each file took: the slowest ones start first, those that are not in it before them.
 * `npm test -- --update-timings` writes it.
 */
const TIMINGS = "test/timings.json";

/** How long a test may take that says nothing of it: Bun's own 5 s are few on a busy machine. */
const TIMEOUT_MS = 60_000;

/** Folders of tests that make or start an executable, and folders that tests are made of. */
const NO_UNITS = new Set([
  "apps",
  "build",
  "deploy",
  "fixtures",
  "helpers",
  "integration",
  "release",
]);

function unitFolders(): string[] {
  const entries = readdirSync("test", { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !NO_UNITS.has(entry.name));
  return folders.map(({ name }) => `test/${name}/`);
}

const given = process.argv.slice(2);
const isUnit = given[0] === "--unit";
if (isUnit) given.shift();
else console.log(`Building ${await build()}`);
const isOfSome = given.some((argument) => argument.startsWith("test/"));
const flags = isUnit
  ? isOfSome
    ? []
    : unitFolders()
  : [`--parallel=${FILES_AT_A_TIME}`, `--timings=${TIMINGS}`];
flags.push(`--timeout=${TIMEOUT_MS}`);
const tests = Bun.spawn([process.execPath, "test", ...flags, ...given], {
  stdout: "inherit",
  stderr: "pipe",
});
let output = "";
const decoder = new TextDecoder();
for await (const chunk of tests.stderr) {
  process.stderr.write(chunk);
  output += decoder.decode(chunk, { stream: true });
}
const code = await tests.exited;

const passed = countOf(output, "pass");
// An error outside of any test fails the run without being counted as a failed test.
const failed = Math.max(countOf(output, "fail"), code === 0 ? 0 : 1);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
