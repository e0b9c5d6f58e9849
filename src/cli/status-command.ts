// `pounce status`: what a running server is doing.
import type { Snapshot } from "../admin/snapshot.ts";
import { makeCommand } from "./command.ts";
import { askServer, CONTROL_FLAGS, JSON_FLAG } from "./control.ts";
import { EXIT_CODE } from "./exit-codes.ts";
import { print, printJson } from "./print.ts";
import { statusTable } from "./status-table.ts";

export const statusCommand = makeCommand({
  name: "status",
  does: ["Shows generations and workers of a running server: what they do, and until when."],
  flags: [...CONTROL_FLAGS, JSON_FLAG],
  examples: ["pounce status --config pounce.toml", "pounce status --json | jq .reloads[-1]"],
  async run(given) {
    const reply = await askServer(given, "GET", "/status");
    if (reply.kind === "none") return reply.code;
    if (given.flags.has("json")) await printJson(reply.body);
    else await print(statusTable(reply.body as unknown as Snapshot));
    return EXIT_CODE.ok;
  },
});
