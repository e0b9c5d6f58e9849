// Runs a command by its description: judges its arguments, has citty read them, and tells what has
// kept it from success. citty itself would let unknown flags pass, print a stack for what a person
// got wrong, exit by itself, and run the parent of a command after it.
import { runCommand as runCitty } from "citty";
import { EXIT_CODE } from "../exit-codes.ts";
import type { Command, Outcome, Root } from "./define.ts";
import { type Failure, tellFailure, usage } from "./failure.ts";
import { helpText } from "./help.ts";
import { judge } from "./judge.ts";
import { print } from "./print.ts";
import { reported } from "./report.ts";

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
    judged.kind === "mistake"
      ? usage(judged.message)
      : ((await runCitty(command, { rawArgs: judged.rawArgs, data: root })).result as Outcome);
  const code =
    typeof outcome === "number"
      ? outcome
      : await tellFailure(outcome, isJson(command, argv), speaker(command, outcome, root));
  await reported();
  return code;
}

function isJson({ args }: Command, argv: readonly string[]): boolean {
  return "json" in args && argv.includes("--json");
}

/** What is wrong with a server, or with serving, pounce tells; all else the command itself. */
function speaker({ meta }: Command, { code }: Failure, root: Root): string {
  const isOwn = (code === "usage" || code === "failed") && meta.name !== root.default;
  return isOwn ? `pounce ${meta.name}` : "pounce";
}
