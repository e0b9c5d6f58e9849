// Finds the command that the arguments name, and runs it: each command is a citty command whose
// result is an exit code.
import { runCommand as runCitty } from "citty";
import { EXIT_CODE } from "./exit-codes.ts";
import { mistypedCommand } from "./mistyped.ts";
import { OutputError, print } from "./print.ts";
import { COMMANDS, SERVE } from "./registry.ts";

/**
 * Runs the command named first, or `serve`, which may also begin with an APP.
 *
 * @returns the exit code
 */
export async function runCommand(argv: readonly string[]): Promise<number> {
  try {
    return await runNamed(argv);
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    process.stderr.write(`pounce: ${error.message}\n`);
    return EXIT_CODE.failed;
  }
}

async function runNamed(argv: readonly string[]): Promise<number> {
  const first = argv[0] ?? "";
  if (first === "--help" || first === "-h") {
    const { overviewText } = await import("./overview.ts");
    await print(overviewText());
    return EXIT_CODE.ok;
  }
  const named = COMMANDS.find(({ name }) => name === first);
  if (named === undefined) {
    const names = COMMANDS.map(({ name }) => name);
    const mistake = mistypedCommand(first, names, process.cwd());
    if (mistake !== undefined) {
      process.stderr.write(`pounce: ${mistake}\n`);
      return EXIT_CODE.usage;
    }
  }
  const { definition } = await (named ?? SERVE).load();
  const rawArgs = named === undefined ? [...argv] : argv.slice(1);
  const { result } = await runCitty(definition, { rawArgs });
  return Number(result);
}
