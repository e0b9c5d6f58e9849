// `pounce scale N`: another number of workers, until the next reload.
import { makeCommand } from "./command.ts";
import { askServer, CONTROL_FLAGS, refused } from "./control.ts";
import { EXIT_CODE } from "./exit-codes.ts";

export const scaleCommand = makeCommand({
  name: "scale",
  does: ["Has N workers until the next reload, which goes back to what is configured."],
  operand: { placeholder: "N", expected: "a whole number from 1 to 1024", isRequired: true },
  flags: CONTROL_FLAGS,
  examples: ["pounce scale 8 --config pounce.toml"],
  async run(given) {
    const workers = encodeURIComponent(given.operand ?? "");
    const reply = await askServer(given, "POST", `/scale?workers=${workers}`);
    if (reply.kind === "none") return reply.code;
    return reply.status === 200 ? EXIT_CODE.ok : refused(reply);
  },
});
