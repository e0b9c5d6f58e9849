// `pounce rollback`: the version before the present one serves again, at once.
import { CONTROL_ARGS, CONTROL_NOTES, tellAnswer } from "../control.ts";
import { defineCommand } from "../define.ts";

export const rollbackCommand = defineCommand({
  meta: {
    name: "rollback",
    description: "go back to the version that is in standby",
    help: [
      "Steers all new connections back to the generation in standby, and returns when",
      "that is done. Nothing is loaded. There is one in standby while a new one is on",
      "trial: see rollout.bake. In a canary, ends the canary. Exit code 1: there is",
      "none, and nothing has changed. Put the former version on disk, too.",
    ],
    notes: CONTROL_NOTES,
    examples: ["pounce rollback --config pounce.toml"],
  },
  args: CONTROL_ARGS,
  run: ({ args }) =>
    tellAnswer(args, "POST", "/rollback", ({ generation, workers, wanted, lack = null }) => {
      const strength = `, with ${String(workers)} of ${String(wanted)} workers (${String(lack)})`;
      return (
        `Rolled back: generation ${String(generation)} takes all new connections` +
        `${lack === null ? "" : strength}. On disk is still the other ` +
        "version: put the former one back before the next reload or restart"
      );
    }),
});
