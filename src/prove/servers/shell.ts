// Commands of the user that run to their end: a reload, a stop.
import { onOneLine } from "../../log/printable.ts";
import { signalGroup } from "../../os/process-group.ts";
import type { Guard } from "./guard.ts";
import { lastLinesOf, withOutput } from "./kept-output.ts";

/** How long such a command may take. */
const LIMIT_MS = 120_000;
const MOST_LETTERS = 200;

interface Surroundings {
  readonly env: Record<string, string | undefined>;
  /** The file for what it prints. */
  readonly output: string;
  /** Ends it if prove is killed. */
  readonly guard: Guard;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

/**
 * Runs it by `sh -c`, in a process group of its own.
 * @returns why it failed; undefined: it did not
 */
export async function runShell(
  command: string,
  { env, output, guard, signal }: Surroundings,
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
  guard.watchCommand(child.pid);
  const kill = (): boolean => signalGroup(child.pid, "SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  const late = Bun.sleep(LIMIT_MS).then(() => "late" as const);
  const ended = await Promise.race([child.exited, late]);
  if (ended === "late") kill();
  signal?.removeEventListener("abort", kill);
  guard.watchCommand(undefined);
  if (ended === "late") return `\`${command}\` has not ended after ${LIMIT_MS / 1000} s`;
  if (ended === 0) return undefined;
  const [line = ""] = lastLinesOf([output]).slice(-1);
  const said = onOneLine(line.trim()).slice(0, MOST_LETTERS);
  const how = child.signalCode ?? `exit code ${ended}`;
  return `\`${command}\` ended with ${how}${said === "" ? "" : `: ${said}`}`;
}
