// Finds the command that the arguments name, and runs it: each command is a citty command whose
// result is an exit code.
import { runCommand as runCitty } from "citty";
import { untilEndSignal } from "../signals.ts";
import { FolderGone, logicalCwd } from "../config/sources/paths.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import { mistypedCommand } from "./mistyped.ts";
import { OutputError, print } from "./print.ts";
import { offeredCommands, SERVE } from "./registry.ts";
import { splitCommand } from "./split-command.ts";

/**
 * Runs the command that is named, or `serve`, which may also begin with an APP.
 *
 * @returns the exit code
 */
export async function runCommand(argv: readonly string[]): Promise<number> {
  try {
    return await runNamed(argv);
  } catch (error) {
    if (!isForPeople(error)) throw error;
    process.stderr.write(`pounce: ${error.message}\n`);
    return EXIT_CODE.failed;
  }
}

/**
 * Whether the message says all there is to say. `EJIT`: no system call can be made, see
 * os/libc.ts.
 */
function isForPeople(error: unknown): error is Error {
  if (error instanceof OutputError || error instanceof FolderGone) return true;
  return error instanceof Error && "code" in error && error.code === "EJIT";
}

async function runNamed(argv: readonly string[]): Promise<number> {
  const [first = ""] = argv;
  if (argv.length === 1 && (first === "--help" || first === "-h")) {
    const { overviewText } = await import("./overview.ts");
    await print(overviewText());
    return EXIT_CODE.ok;
  }
  const { entry, word, rest } = await splitCommand(argv);
  if (entry === undefined) {
    const names = offeredCommands().map(({ name }) => name);
    const folder = logicalCwd(process.env["PWD"]);
    const mistake = mistypedCommand(word, names, folder);
    if (mistake !== undefined) return refuse(mistake);
  }
  if (entry !== undefined && !offeredCommands().includes(entry)) {
    const why = "this executable holds an app already";
    return refuse(`"${entry.name}" is not offered here: ${why}; use plain pounce for it`);
  }
  const { definition } = await (entry ?? SERVE).load();
  const ran = runCitty(definition, { rawArgs: [...rest] }).then(({ result }) => Number(result));
  // A server has rules of its own for signals; all other commands end at once.
  return (entry ?? SERVE) === SERVE ? ran : Promise.race([ran, untilEndSignal()]);
}

function refuse(mistake: string): number {
  process.stderr.write(`pounce: ${mistake}\n`);
  return EXIT_CODE.usage;
}
