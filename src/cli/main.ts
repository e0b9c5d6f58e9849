// Finds the command that the arguments name, and runs it.
import { FolderGone, logicalCwd } from "../os/paths.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import { untilEndSignal } from "../signals.ts";
import { tellEnded } from "./ended.ts";
import { tellFailure, usage } from "./failure.ts";
import { mistypedCommand } from "./mistyped.ts";
import { OutputError, print } from "./print.ts";
import { ROOT } from "./root.ts";
import { run } from "./run.ts";
import { splitCommand } from "./split-command.ts";

/**
 * Runs the named command, or `serve`, whose arguments may start with an APP.
 * @returns the exit code
 */
export async function runCommand(argv: readonly string[]): Promise<number> {
  try {
    return await runNamed(argv);
  } catch (error) {
    if (!isForPeople(error)) throw error;
    const isJson = argv.includes("--json") && !(error instanceof OutputError);
    return tellFailure({ code: "failed", message: error.message }, isJson);
  }
}

/**
 * Whether the message says all there is to say. `EJIT`: no system call can be made, see os/libc.ts.
 */
function isForPeople(error: unknown): error is Error {
  if (error instanceof OutputError || error instanceof FolderGone) return true;
  return error instanceof Error && "code" in error && error.code === "EJIT";
}

async function runNamed(argv: readonly string[]): Promise<number> {
  const [first = ""] = argv;
  if (argv.length === 1 && (first === "--help" || first === "-h")) {
    const { overviewText } = await import("./overview.ts");
    await print(await overviewText(ROOT));
    return EXIT_CODE.ok;
  }
  const { name = ROOT.default, word, rest } = await splitCommand(argv);
  const mistake = name === word ? undefined : mistakenWord(word);
  const load = ROOT.subCommands[name];
  if (mistake !== undefined || load === undefined) {
    return tellFailure(usage(mistake ?? offerFailed(name)), argv.includes("--json"));
  }
  const running = run(await load(), rest, ROOT);
  // A server handles signals in its own way; all other commands end at once.
  if (ROOT.serving.includes(name)) return running;
  return Promise.race([running, untilEndSignal().then(ended)]);
}

function ended(code: number): number {
  tellEnded();
  return code;
}

function mistakenWord(word: string): string | undefined {
  return mistypedCommand(word, Object.keys(ROOT.subCommands), logicalCwd(process.env["PWD"]));
}

function offerFailed(name: string): string {
  const why = "this executable already holds an app";
  return `"${name}" is not available: ${why}; use plain pounce for it`;
}
