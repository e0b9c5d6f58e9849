// The command that serves: `pounce [serve] [APP] [flags]`. Its result is the exit code.
import { defineCommand } from "citty";
import { logicalCwd } from "../config/paths.ts";
import { EXIT_CODE } from "./exit-codes.ts";
import { parseServe } from "./serve.ts";

export const serveCommand = defineCommand({
  meta: { name: "serve", description: "Serve an app in worker processes" },
  // citty lets unknown flags pass and drops repeated ones, so the arguments are parsed by ours.
  async run({ rawArgs }): Promise<number> {
    const parsed = parseServe(rawArgs, process.env, logicalCwd(process.env["PWD"]));
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
  },
});
