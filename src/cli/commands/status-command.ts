// `pounce status`: what a running server is doing.
import type { Snapshot } from "../../admin/protocol.ts";
import { makeCommand } from "../command.ts";
import {
  askServer,
  CONTROL_FLAGS,
  CONTROL_NOTES,
  tellRefusal,
  tellResult,
  tellWhyNot,
} from "../control.ts";
import { statusTable } from "../status-table.ts";

export const statusCommand = makeCommand({
  name: "status",
  does: ["Shows generations and workers of a running server: what they do, and until when."],
  flags: CONTROL_FLAGS,
  notes: CONTROL_NOTES,
  examples: ["pounce status --config pounce.toml", "pounce status --json | jq .reloads[-1]"],
  async run(given) {
    const asked = await askServer(given, "GET", "/status");
    if (!asked.ok) return tellWhyNot(given, asked.failure);
    if (asked.status !== 200) return tellRefusal(given, asked);
    const snapshot = asked.body as unknown as Snapshot;
    return tellResult(given, snapshot, statusTable(snapshot).trimEnd());
  },
});
