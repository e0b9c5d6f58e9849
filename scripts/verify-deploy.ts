// Runs every `test/deploy/NAME.deploy.ts`: pounce under what runs it for real. `bun run
// verify:deploy`, or `bun run verify:deploy systemd container` for some of them. Exit code 1 when
// one has failed.
//
// What such a file agrees to:
// - A comment line `// packages: systemd-container, debootstrap` among its first twenty names the
//   Debian packages it needs. As root, with apt-get, those that are missing are installed.
// - What it cannot try on this machine it skips, and prints a line `not possible here: <reason>`;
//   each of these lines is repeated in the table. A file that ran no test and gives no such reason
//   has failed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countOf } from "./test-summary.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "test", "deploy");
const SUFFIX = ".deploy.ts";

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly notPossible: readonly string[];
}

/** The Debian packages that a file of tests names among its first lines. */
export function packagesOf(source: string): string[] {
  const head = source.split("\n", 20).join("\n");
  const listed = /^(?:\/\/| \*) packages: (.*)$/m.exec(head)?.[1] ?? "";
  return listed.split(/[\s,]+/).filter((name) => /^[a-z0-9][a-z0-9.+:-]*$/.test(name));
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

function isInstalled(name: string): boolean {
  const query = ["dpkg-query", "-W", "-f=${Status}", name];
  return Bun.spawnSync(query).stdout.toString().endsWith("ok installed");
}

function installMissing(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) return;
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  console.log(`installing ${missing.join(" ")}`);
  const argv = [
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=300",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
  ];
  const install = () =>
    Bun.spawnSync([...argv, ...missing], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  if (install().exitCode === 0) return;
  Bun.spawnSync(["apt-get", "update", "-qq"]);
  const again = install();
  if (again.exitCode !== 0) console.error(again.stderr.toString().trim());
}

async function runTests(name: string): Promise<Outcome> {
  console.log(`== ${name}`);
  const startedMs = performance.now();
  const file = `./test/deploy/${name}${SUFFIX}`;
  installMissing(packagesOf(readFileSync(join(root, file), "utf8")));
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

async function main(wanted: readonly string[]): Promise<number> {
  const files = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const all = files
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length));
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    console.error(`verify:deploy: ${unknown.join(", ")}: not there; there are ${all.join(", ")}`);
    return 2;
  }
  const { build } = await import("./build.ts");
  console.log(`Building ${await build()}`);
  const outcomes: Outcome[] = [];
  for (const name of wanted.length === 0 ? all : wanted) outcomes.push(await runTests(name));
  console.log(`\n${tableOf(outcomes)}`);
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
