// `pounce stop`: a graceful stop, as TERM does, and the wait for its end.
import { existsSync } from "node:fs";
import { makeCommand } from "./command.ts";
import { askServer, CONTROL_FLAGS, refused } from "./control.ts";
import { EXIT_CODE } from "./exit-codes.ts";

const POLL_MS = 20;

export const stopCommand = makeCommand({
  name: "stop",
  does: ["Stops a running server gracefully, and returns when its process has ended."],
  flags: CONTROL_FLAGS,
  examples: ["pounce stop --config pounce.toml"],
  async run(given) {
    const reply = await askServer(given, "POST", "/stop");
    if (reply.kind === "none") return reply.code;
    if (reply.status !== 200) return refused(reply);
    const process = `/proc/${String(reply.body["pid"])}`;
    while (existsSync(process)) await Bun.sleep(POLL_MS);
    return EXIT_CODE.ok;
  },
});
