// The command that serves: `pounce [serve] [APP] [flags]`. Its result is the exit code.
import { defineCommand } from "citty";
import { logicalCwd } from "../../config/sources/paths.ts";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { print } from "../print.ts";
import { parseServe, SERVE_HELP } from "../serve.ts";

const definition = defineCommand({
  meta: { name: "serve" },
  // citty lets unknown flags pass and drops repeated ones, so the arguments are parsed by ours.
  async run({ rawArgs }): Promise<number> {
    const parsed = parseServe(rawArgs, process.env, logicalCwd(process.env["PWD"]));
    switch (parsed.kind) {
      case "help":
      case "version":
        await print(parsed.text);
        return EXIT_CODE.ok;
      case "usage-error":
        process.stderr.write(`pounce: ${parsed.message}\n`);
        return EXIT_CODE.usage;
      case "serve": {
        const { runMaster } = await import("../../master/main.ts");
        return runMaster(parsed.input);
      }
    }
  },
});

/** `pounce serve`. Its APP may be left out, and it judges it itself. */
export const serveCommand: Command = {
  help: SERVE_HELP,
  operand: { placeholder: "APP", expected: "a module", isRequired: false },
  definition,
};
