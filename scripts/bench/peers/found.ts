// Which programs this machine has, and their versions.
import { readFileSync } from "node:fs";

/** A program that is not there, and the command that installs it on Debian. */
export interface Missing {
  readonly missing: string;
  readonly install: string;
}

/** Where daemons are installed; not every user has it on the path. */
const DAEMONS = "/usr/sbin";

export function findProgram(name: string): string | undefined {
  return Bun.which(name, { PATH: `${process.env["PATH"]}:${DAEMONS}` }) ?? undefined;
}

/** The first number with a point in what a command prints; undefined if the command fails. */
export function versionOf(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string | undefined {
  const result = Bun.spawnSync([...command], {
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  if (result.exitCode !== 0) return undefined;
  return firstVersion(`${result.stdout.toString()}\n${result.stderr.toString()}`);
}

export function firstVersion(text: string): string | undefined {
  return /\d+(?:\.\d+)+/.exec(text)?.[0];
}

/** The command of a script's first line: what runs it, with all that is installed for that. */
export function interpreterOf(script: string): string[] {
  const [first = ""] = readFileSync(script, "utf8").split("\n", 1);
  if (!first.startsWith("#!")) throw new Error(`${script} does not name its interpreter`);
  return first.slice(2).trim().split(/\s+/);
}
