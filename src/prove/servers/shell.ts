// Commands of the user that run to their end: a reload, a stop.
import { readFileSync } from "node:fs";
import { onOneLine } from "../../log/printable.ts";
import { signalGroup } from "../../os/process-group.ts";
import { withOutput } from "./kept-output.ts";

/** How long such a command may take. */
const LIMIT_MS = 120_000;
const MOST_LETTERS = 200;

/**
 * Runs it by `sh -c`, in a process group of its own.
 * @param output the file for what it prints
 * @returns why it failed; undefined: it did not
 */
export async function runShell(
  command: string,
  env: Record<string, string | undefined>,
  output: string,
): Promise<string | undefined> {
  const child = withOutput(output, (descriptor) =>
    Bun.spawn(["/bin/sh", "-c", command], {
      detached: true,
      env,
      stdin: "ignore",
      stdout: descriptor,
      stderr: descriptor,
    }),
  );
  const late = Bun.sleep(LIMIT_MS).then(() => "late" as const);
  const ended = await Promise.race([child.exited, late]);
  if (ended === "late") {
    signalGroup(child.pid, "SIGKILL");
    return `\`${command}\` has not ended after ${LIMIT_MS / 1000} s`;
  }
  if (ended === 0) return undefined;
  const said = lastLineOf(output);
  const how = child.signalCode ?? `exit code ${ended}`;
  return `\`${command}\` ended with ${how}${said === "" ? "" : `: ${said}`}`;
}

function lastLineOf(path: string): string {
  const [last = ""] = readFileSync(path, "utf8").trimEnd().split("\n").slice(-1);
  return onOneLine(last.trim()).slice(0, MOST_LETTERS);
}
