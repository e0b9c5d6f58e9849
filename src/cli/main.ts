// Finds the command that the arguments name, and runs it: each command is a citty command whose result
// is an exit code.
import { type CommandDef, runCommand as runCitty } from "citty";
import { serveCommand } from "./serve-command.ts";

const COMMANDS: Readonly<Record<string, CommandDef>> = { serve: serveCommand };

/** Runs the command named first, or `serve`, which may also begin with an APP. Resolves with the exit code. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const named = COMMANDS[argv[0] ?? ""];
  const rawArgs = named === undefined ? [...argv] : argv.slice(1);
  const { result } = await runCitty(named ?? serveCommand, { rawArgs });
  return Number(result);
}
