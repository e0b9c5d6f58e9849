// Runs the files of a folder that are too heavy for `bun test` by itself, one after another, and
// shows what each came to. `verify:browser`, `verify:deploy`, `verify:frameworks` and
// `verify:package` are made of it.
//
// What such a file agrees to: what it cannot try on this machine it skips, and prints a line `not
// possible here: <reason>`; each of these lines is repeated in the table. A file that ran no test
// and gives no such reason has failed.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countOf } from "./test-summary.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly notPossible: readonly string[];
}

/** What a run of `bun test` came to. */
export function outcomeOf(
  name: string,
  run: { output: string; code: number; seconds: number },
): Outcome {
  const { output, code, seconds } = run;
  const [passed, failed, skipped] = (["pass", "fail", "skip"] as const).map((kind) =>
    countOf(output, kind),
  ) as [number, number, number];
  const reasons = [...output.matchAll(/not possible here: (.*)/g)].map(([, reason = ""]) =>
    reason.trim(),
  );
  const notPossible = [...new Set(reasons)];
  const didNothing = passed + failed === 0 && notPossible.length === 0;
  // An error outside of any test fails the run without being counted as a failed test.
  const atLeast = code !== 0 || didNothing ? 1 : 0;
  return { name, passed, failed: Math.max(failed, atLeast), skipped, seconds, notPossible };
}

/** The outcomes as a table, each followed by what was not possible. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const width = Math.max(4, ...outcomes.map(({ name }) => name.length));
  const row = (name: string, ...cells: readonly (string | number)[]): string =>
    [name.padEnd(width), ...cells.map((cell) => String(cell).padStart(7))].join("  ");
  const lines = [row("what", "passed", "failed", "skipped", "seconds")];
  for (const { name, passed, failed, skipped, seconds, notPossible } of outcomes) {
    lines.push(row(name, passed, failed, skipped, seconds.toFixed(1)));
    lines.push(...notPossible.map((reason) => `  not possible here: ${reason}`));
  }
  return `${lines.join("\n")}\n`;
}

async function runTests(name: string, file: string): Promise<Outcome> {
  console.log(`== ${name}`);
  const startedMs = performance.now();
  const tests = Bun.spawn([process.execPath, "test", file], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
  });
  let output = "";
  const follow = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      process.stdout.write(chunk);
      output += decoder.decode(chunk, { stream: true });
    }
  };
  await Promise.all([follow(tests.stdout), follow(tests.stderr)]);
  const code = await tests.exited;
  return outcomeOf(name, { output, code, seconds: (performance.now() - startedMs) / 1000 });
}

interface Suite {
  /** The folder below `test`; its files are named NAME.FOLDER.ts. */
  readonly folder: string;
  /** The names of the files to run; all when there are none. */
  readonly wanted: readonly string[];
  /** Called before a file is run. */
  prepare?(path: string): void;
}

/** Builds pounce and runs the files. Resolves to the exit code: 1 when a file has failed. */
export async function verify({ folder, wanted, prepare }: Suite): Promise<number> {
  const suffix = `.${folder}.ts`;
  const path = join(root, "test", folder);
  const files = existsSync(path) ? readdirSync(path).toSorted() : [];
  const all = files
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length));
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    const there = all.join(", ");
    console.error(`verify:${folder}: ${unknown.join(", ")}: not there; there are ${there}`);
    return 2;
  }
  const { build } = await import("./build.ts");
  console.log(`Building ${await build()}`);
  const outcomes: Outcome[] = [];
  for (const name of wanted.length === 0 ? all : wanted) {
    prepare?.(join(path, name + suffix));
    outcomes.push(await runTests(name, `./test/${folder}/${name}${suffix}`));
  }
  console.log(`\n${tableOf(outcomes)}`);
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
}
