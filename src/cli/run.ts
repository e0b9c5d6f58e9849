// Runs a command by its description: judges its arguments, lets citty read them, and reports a
// failure. Only this file calls citty, because of what citty does on its own: unknown flags pass, a
// mistake in the arguments prints a stack, and the parent of a command runs after it.
import { runCommand as runCitty } from "citty";
import { EXIT_CODE } from "../exit-codes.ts";
import type { Command, Outcome, Root } from "./define.ts";
import { type Failure, tellFailure, usage } from "./failure.ts";
import { helpText } from "./help.ts";
import { judge, type Valid } from "./judge.ts";
import { print, printed } from "./print.ts";

/**
 * @param argv the arguments after the command's name
 * @returns the exit code. Throws `OutputError`.
 */
export async function run(command: Command, argv: readonly string[], root: Root): Promise<number> {
  const judged = judge(argv, command);
  if (judged.kind === "help") {
    await print(helpText(command, root));
    return EXIT_CODE.ok;
  }
  const outcome =
    judged.kind === "mistake" ? usage(judged.message) : await read(command, judged, root);
  const code =
    typeof outcome === "number"
      ? outcome
      : await tellFailure(outcome, isJson(command, argv), speaker(command, outcome, root));
  await printed();
  return code;
}

/** Runs it with its arguments as citty reads them. */
async function read(
  command: Command,
  { rawArgs, given, rest }: Valid,
  root: Root,
): Promise<Outcome> {
  // Flags without a value and without a default are left out: citty looks for each under three
  // spellings of its name, which takes a millisecond for all keys of the configuration.
  const entries = Object.entries(command.args).filter(
    ([name, arg]) => given.has(name) || arg.default !== undefined || arg.type === "positional",
  );
  const { result } = await runCitty(
    {
      ...command,
      args: Object.fromEntries(entries),
      run: (context) => command.run?.({ ...context, rest } as typeof context),
    },
    { rawArgs, data: root },
  );
  return result as Outcome;
}

function isJson({ args }: Command, argv: readonly string[]): boolean {
  return "json" in args && argv.includes("--json");
}

/** The command reports its own mistakes and failures, pounce those of a server. */
function speaker({ meta }: Command, { code }: Failure, root: Root): string {
  const isOwn = (code === "usage" || code === "failed") && !root.serving.includes(meta.name);
  return isOwn ? `pounce ${meta.name}` : "pounce";
}
