// `pounce [serve] [APP] [flags]`: serves. Its result is the exit code of the master.
import { EXIT_CODE } from "../../exit-codes.ts";
import { defineCommand } from "../define.ts";
import { CONFIGURATION_ARGS, inputOf } from "../key-args.ts";
import { print } from "../print.ts";
import { versionText } from "../version.ts";

export const serveCommand = defineCommand({
  meta: {
    name: "serve",
    description: "serve an app in worker processes; the default",
    help: ["Serves an app in worker processes; SIGHUP reloads it without losing one request."],
    notes: [
      "APP: ./app.ts, myapp:app, ./app.ts:createApp(). TIME: seconds or 500ms, 2m, 1h.",
      "level in [log] is also --log-level and POUNCE_LOG_LEVEL; so is every other key.",
      "Flags win over POUNCE_*, then PORT, the file. Keys: pounce help configuration.",
    ],
    examples: ["pounce ./app.ts --port 3000 --workers 4 -- --an-argument-of-the-app"],
  },
  args: {
    ...CONFIGURATION_ARGS,
    version: { type: "boolean", alias: "v", description: "print the version" },
  },
  async run({ args, rest }) {
    if (args.version) {
      await print(`${versionText()}\n`);
      return EXIT_CODE.ok;
    }
    const { runMaster } = await import("../../master/main.ts");
    const problems: string[] = [];
    const code = await runMaster(inputOf(args, rest), (problem) => void problems.push(problem));
    if (problems.length === 0) return code;
    // Few servers have any, so the others do not load what reports them.
    const { report } = await import("../report.ts");
    for (const problem of problems) report.error(`pounce: ${problem}`);
    return code;
  },
});
