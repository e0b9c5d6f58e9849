// `pounce status`: what a running server is doing.
import type { Snapshot } from "../../admin/protocol.ts";
import { CONTROL_ARGS, CONTROL_NOTES, tellAnswer } from "../control.ts";
import { defineCommand } from "../define.ts";
import { statusTable } from "../status-table.ts";

export const statusCommand = defineCommand({
  meta: {
    name: "status",
    description: "show what a running server is doing",
    help: ["Shows the generations and workers of a running server, and what they are doing."],
    notes: CONTROL_NOTES,
    examples: ["pounce status --config pounce.toml", "pounce status --json | jq '.reloads[-1]'"],
  },
  args: CONTROL_ARGS,
  run: ({ args }) =>
    tellAnswer(args, "GET", "/status", (body) => statusTable(body as unknown as Snapshot)),
});
