// `pounce scale N`: another number of workers, until the next reload.
import { makeCommand } from "../command.ts";
import {
  askServer,
  CONTROL_FLAGS,
  CONTROL_NOTES,
  tellRefusal,
  tellResult,
  tellWhyNot,
} from "../control.ts";
import { MAX_WORKERS } from "../../core/rules/scale.ts";
import { showValue } from "../../config/schema/setting.ts";
import { EXIT_CODE } from "../../exit-codes.ts";

const EXPECTED = `a whole number from 1 to ${MAX_WORKERS}`;

export const scaleCommand = makeCommand({
  name: "scale",
  does: [
    "Has N workers until the next reload, which goes back to what is configured.",
    "Returns when they serve.",
  ],
  operand: { placeholder: "N", expected: EXPECTED, isRequired: true },
  flags: CONTROL_FLAGS,
  notes: CONTROL_NOTES,
  examples: ["pounce scale 8 --config pounce.toml"],
  async run(given) {
    const { operand = "" } = given;
    const wanted = Number(operand);
    if (!/^\d+$/.test(operand) || wanted < 1 || wanted > MAX_WORKERS) {
      const message = `N: expected ${EXPECTED}, got ${showValue(operand)}`;
      return tellWhyNot(given, { code: "usage", exit: EXIT_CODE.usage, message }, "scale");
    }
    const asked = await askServer(given, "POST", `/scale?workers=${wanted}`);
    if (!asked.ok) return tellWhyNot(given, asked.failure);
    if (asked.status !== 200) return tellRefusal(given, asked);
    const workers = Number(asked.body["workers"]);
    const line =
      workers === wanted
        ? `Scaled: ${workers} worker(s) serve`
        : `Scaled to ${wanted}; somebody else has scaled to ${workers} since`;
    return tellResult(given, asked.body, line);
  },
});
