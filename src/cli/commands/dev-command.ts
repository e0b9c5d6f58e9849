// `pounce dev [APP] [flags]`: serves as `serve` does, for the person who writes the app: each
// change of a file that it was loaded from is a reload.
import { existsSync } from "node:fs";
import { showValue } from "../../config/schema/setting.ts";
import { absolutePath } from "../../os/paths.ts";
import { defineCommand } from "../define.ts";
import { usage } from "../failure.ts";
import { CONFIGURATION_ARGS, inputOf } from "../key-args.ts";
import { report } from "../report.ts";

export const devCommand = defineCommand({
  meta: {
    name: "dev",
    description: "serve an app while you write it: a change of a file reloads it",
    help: [
      "Serves an app while you write it: a change of a file that it was loaded from",
      "reloads it, without losing one request. INT ends it at once.",
    ],
    notes: [
      "One worker, unless more are configured. If the port is taken and was not given",
      "by a flag or a variable, the next free one is used. More: pounce help dev.",
    ],
    examples: ["pounce dev ./app.ts --watch ./templates"],
  },
  args: {
    watch: {
      type: "string",
      valueHint: "PATH",
      expected: "a file or folder",
      description: "also reload when this changes",
      unset: "what is loaded",
      isList: true,
    },
    poll: { type: "boolean", description: "look at files all the time, for lack of events" },
    ...CONFIGURATION_ARGS,
  },
  async run({ args, rest }) {
    const given = { ...inputOf(args, rest), isDev: true };
    const { cwd } = given;
    const watch = (args.watch ?? "").split(",").filter((path) => path !== "");
    const missing = watch.find((path) => !existsSync(absolutePath(cwd, path)));
    if (missing !== undefined) {
      return usage(`--watch: expected a file or folder, got ${showValue(missing)}: it is missing`);
    }
    const { Dev } = await import("../../dev/dev.ts");
    const { withFreePort } = await import("../../dev/free-port.ts");
    const { runMaster } = await import("../../master/main.ts");
    const { input, note } = await withFreePort(given);
    if (note !== undefined) report.warn(`pounce: ${note}`);
    const named = watch.map((path) => absolutePath(cwd, path));
    const options = { watch: named, polls: args.poll === true, cwd };
    return runMaster(input, fail, (server) => new Dev(server, options));
  },
});

function fail(problem: string): void {
  report.error(`pounce: ${problem}`);
}
