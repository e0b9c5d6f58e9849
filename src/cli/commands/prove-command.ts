// `pounce prove`: what do clients lose while a server reloads?
import { defineCommand } from "../define.ts";
import { PROVE_ARGS, type ProveArgs } from "../prove/args.ts";

export const proveCommand = defineCommand({
  meta: {
    name: "prove",
    description: "load a server while it reloads, and say what was lost",
    help: ["Reloads a server under load, and says what each kind of client lost."],
    notes: ["APP, --config and each flag of serve: for a server of its own, on a free port."],
    examples: [
      "pounce prove ./app.ts",
      "pounce prove --compare 'node server.js' --reload 'kill -HUP $PID'",
    ],
  },
  args: PROVE_ARGS,
  async run({ args, rest }) {
    const { runProve } = await import("../prove/run-prove.ts");
    return runProve(args as unknown as ProveArgs, rest);
  },
});
