// Runs a command: from arguments to an exit code, with one line on stderr for each thing that is wrong.
import { logicalCwd } from "../config/paths.ts";
import { EXIT_CODE } from "./exit-codes.ts";
import { parseServe } from "./serve.ts";

/** Resolves with the exit code. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const parsed = parseServe(argv, process.env, logicalCwd(process.env["PWD"]));
  switch (parsed.kind) {
    case "help":
    case "version":
      process.stdout.write(parsed.text);
      return EXIT_CODE.ok;
    case "usage-error":
      process.stderr.write(`pounce: ${parsed.message}\n`);
      return EXIT_CODE.usage;
    case "serve": {
      const { runMaster } = await import("../master/main.ts");
      return runMaster(parsed.input);
    }
  }
}
