// `pounce dev [APP] [flags]`: serves as `serve` does, for the person who writes the app: each
// change of a file that it was loaded from is a reload.
import { defineCommand } from "../define.ts";
import { CONFIGURATION_ARGS, inputOf } from "../key-args.ts";
import { report } from "../report.ts";

export const devCommand = defineCommand({
  meta: {
    name: "dev",
    description: "serve an app while you write it: a change of a file reloads it",
    help: [
      "Serves an app while you write it: a change of a file that it was loaded from",
      "reloads it, without losing one request.",
    ],
    notes: ["All that serve takes; see pounce serve --help and pounce help dev."],
    examples: ["pounce dev ./app.ts --port 3000"],
  },
  args: CONFIGURATION_ARGS,
  async run({ args, rest }) {
    const { runMaster } = await import("../../master/main.ts");
    const input = { ...inputOf(args, rest), isDev: true };
    return runMaster(input, (problem) => report.error(`pounce: ${problem}`));
  },
});
