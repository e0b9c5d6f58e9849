// `pounce scale N`: another number of workers, until the next reload.
import { makeCommand } from "./command.ts";
import { askServer, CONTROL_FLAGS, refused } from "./control.ts";
import { MAX_WORKERS } from "../core/scale.ts";
import { showValue } from "../config/setting.ts";
import { EXIT_CODE } from "./exit-codes.ts";

const EXPECTED = `a whole number from 1 to ${MAX_WORKERS}`;

export const scaleCommand = makeCommand({
  name: "scale",
  does: ["Has N workers until the next reload, which goes back to what is configured."],
  operand: { placeholder: "N", expected: EXPECTED, isRequired: true },
  flags: CONTROL_FLAGS,
  examples: ["pounce scale 8 --config pounce.toml"],
  async run(given) {
    const { operand = "" } = given;
    const workers = Number(operand);
    if (!/^\d+$/.test(operand) || workers < 1 || workers > MAX_WORKERS) {
      process.stderr.write(`pounce scale: N: expected ${EXPECTED}, got ${showValue(operand)}\n`);
      return EXIT_CODE.usage;
    }
    const reply = await askServer(given, "POST", `/scale?workers=${workers}`);
    if (reply.kind === "none") return reply.code;
    return reply.status === 200 ? EXIT_CODE.ok : refused(reply);
  },
});
