// `pounce dev [APP] [flags]`: serves as `serve` does, for the person who writes the app: each
// change of a file that it was loaded from is a reload.
import { existsSync } from "node:fs";
import { absolutePath } from "../../os/paths.ts";
import { showValue } from "../../config/schema/setting.ts";
import { INSPECT_PORT, parseInspect } from "../../net/inspect.ts";
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
      "One worker, unless --workers says more. If the port is taken and was not given",
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
      separator: "\n",
    },
    poll: { type: "boolean", description: "look at files all the time, for lack of events" },
    inspect: {
      type: "string",
      valueHint: "PORT",
      expected: "a port, or ADDRESS:PORT",
      description: "let a debugger attach",
      bare: INSPECT_PORT,
    },
    "inspect-wait": {
      type: "string",
      valueHint: "PORT",
      expected: "a port, or ADDRESS:PORT",
      description: "the same; loads the app when one has attached",
      bare: INSPECT_PORT,
    },
    ...CONFIGURATION_ARGS,
  },
  async run({ args, rest }) {
    const waits = args["inspect-wait"] !== undefined;
    const where = args["inspect-wait"] ?? args.inspect;
    const inspect = where === undefined ? undefined : parseInspect(where);
    if (where !== undefined && inspect === undefined) {
      const name = waits ? "inspect-wait" : "inspect";
      return usage(`--${name}: expected a port, or ADDRESS:PORT, got ${showValue(where)}`);
    }
    const { withFoundApp } = await import("../found-input.ts");
    const found = withFoundApp(inputOf(args, rest));
    if (found.note !== undefined) report.log(`pounce: ${found.note}`);
    const given = {
      ...found.input,
      isDev: true,
      ...(inspect === undefined ? {} : { inspect: { ...inspect, waits } }),
    };
    const watch = (args.watch ?? "").split("\n").filter((path) => path !== "");
    const named = watch.map((path) => absolutePath(given.cwd, path));
    const missing = watch[named.findIndex((path) => !existsSync(path))];
    if (missing !== undefined) {
      return usage(`--watch: expected a file or folder, got ${showValue(missing)}: it is missing`);
    }
    const { Dev } = await import("../../dev/dev.ts");
    const { withFreePort } = await import("../../dev/free-port.ts");
    const { runMaster } = await import("../../master/main.ts");
    const { input, note } = await withFreePort(given);
    const notes = note === undefined ? [] : [note];
    const options = { watch: named, polls: args.poll === true, cwd: given.cwd, notes };
    return runMaster(input, fail, (server) => new Dev(server, options));
  },
});

function fail(problem: string): void {
  report.error(`pounce: ${problem}`);
}
