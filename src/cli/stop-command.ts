// `pounce stop`: a graceful stop, as TERM does, and the wait for its end.
import { identify, isRunning } from "../master/process-identity.ts";
import { here } from "../platform.ts";
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
    const pid = Number(reply.body["pid"]);
    while (isThere(pid)) await Bun.sleep(POLL_MS);
    return EXIT_CODE.ok;
  },
});

/** Whether a process of that number runs, whoever's it is. One that only waits to be reaped has ended. */
function isThere(pid: number): boolean {
  if (here.sharesAddresses) return isRunning(identify(pid));
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "EPERM";
  }
}
