// `pounce scale N`: another number of workers, until the next reload.
import { showValue } from "../../config/schema/setting.ts";
import { MAX_WORKERS } from "../../core/rules/scale.ts";
import { CONTROL_ARGS, CONTROL_NOTES, tellAnswer } from "../control.ts";
import { defineCommand } from "../define.ts";
import { usage } from "../failure.ts";

const EXPECTED = `a whole number from 1 to ${MAX_WORKERS}`;

export const scaleCommand = defineCommand({
  meta: {
    name: "scale",
    description: "change the number of workers until the next reload",
    help: [
      "Runs N workers until the next reload, which restores the configured number.",
      "Returns when all of them serve.",
    ],
    notes: CONTROL_NOTES,
    examples: ["pounce scale 8 --config pounce.toml"],
  },
  args: {
    workers: { type: "positional", valueHint: "N", expected: EXPECTED, required: true },
    ...CONTROL_ARGS,
  },
  async run({ args }) {
    const wanted = Number(args.workers);
    if (!/^\d+$/.test(args.workers) || wanted < 1 || wanted > MAX_WORKERS) {
      return usage(`N: expected ${EXPECTED}, got ${showValue(args.workers)}`);
    }
    return tellAnswer(args, "POST", `/scale?workers=${wanted}`, ({ workers }) =>
      workers === wanted
        ? `Scaled: ${wanted} worker(s) serve`
        : `Scaled to ${wanted}, but another command has scaled to ${String(workers)} since`,
    );
  },
});
