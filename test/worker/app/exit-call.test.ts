// Where an app calls `process.exit`. Which frames a stack has, and when, Bun does not document.
import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const source = JSON.stringify(join(import.meta.dir, "../../../src/worker/app/exit-call.ts"));

/** What is told of the exit of a program of these lines, and its exit code. */
async function exitOf(lines: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "pounce-exit-"));
  try {
    const main = join(folder, "main.mjs");
    const watch = `import { watchExit } from ${source};
      watchExit(({ message, stack }) => {
        const [place = "nowhere"] = /main\\.mjs:\\d+/.exec(stack) ?? [];
        console.log(message, "at", place);
      });`;
    await Bun.write(join(folder, "watch.mjs"), watch);
    await Bun.write(main, ['import "./watch.mjs";', ...lines].join("\n"));
    await using child = Bun.spawn([process.execPath, main], { stderr: "inherit" });
    const told = await new Response(child.stdout).text();
    return `${told.trim()}, ended with ${await child.exited}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.concurrent.each<[string, string[], string]>([
  ["by a statement", ["", "process.exit(3);"], "process.exit(3) at main.mjs:3, ended with 3"],
  [
    "as the last thing of a function, which has no frame then",
    ["setTimeout(", "() => process.exit(4), 1);"],
    "process.exit(4) at main.mjs:3, ended with 4",
  ],
  [
    "in a handler of a promise",
    ["const fail = async () => { throw 1; };", "fail().catch(() => process.exit(1));"],
    "process.exit(1) at main.mjs:3, ended with 1",
  ],
  [
    "by another name, and not where that was read",
    ["const { exit } = process;", "", "setTimeout(() => exit(5), 1);"],
    "process.exit(5) at nowhere, ended with 5",
  ],
  [
    "with the code that was set before",
    ["process.exitCode = 6;", "process.exit();"],
    "process.exit(), exit code 6 at main.mjs:3, ended with 6",
  ],
  [
    "with what is no exit code, which does not end it",
    ["try { process.exit('x'); } catch (error) { console.log(error.code); }"],
    "ERR_INVALID_ARG_TYPE, ended with 0",
  ],
  [
    "whatever settings it has for stacks",
    ["Error.stackTraceLimit = 0;", "Error.prepareStackTrace = () => 0;", "process.exit(7);"],
    "process.exit(7) at main.mjs:4, ended with 7",
  ],
  [
    "by a function that it has put there itself, which is not watched",
    ["process.exit = (code) => process.reallyExit(code);", "process.exit(8);"],
    ", ended with 8",
  ],
])("%s", async (_how, lines, expected) => {
  expect(await exitOf(lines)).toBe(expected);
});
