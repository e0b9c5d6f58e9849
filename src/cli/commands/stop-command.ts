// `pounce stop`: a graceful stop, as TERM does, and the wait for its end.
import type { Running } from "../../admin/registry.ts";
import { identify, isRunning } from "../../os/process-identity.ts";
import {
  askServer,
  CONTROL_ARGS,
  CONTROL_NOTES,
  namedServer,
  refusalOf,
  tellResult,
} from "../control.ts";
import { defineCommand } from "../define.ts";

const POLL_MS = 20;
/** A server closes its control socket when it has stopped, and has a few last words to write. */
const LAST_WORDS_MS = 5000;

export const stopCommand = defineCommand({
  meta: {
    name: "stop",
    description: "stop a running server gracefully, and wait until it exits",
    help: ["Stops a running server gracefully, and returns when its process has ended."],
    notes: CONTROL_NOTES,
    examples: ["pounce stop --config pounce.toml"],
  },
  args: CONTROL_ARGS,
  async run({ args }) {
    const found = await namedServer(args);
    if (!found.ok) return found.failure;
    const asked = await askServer(args, "POST", "/stop");
    // A server that goes away without a word, killed for one, has ended as well.
    const hasGone = !asked.ok && asked.failure.code === "gone";
    if (!asked.ok && !hasGone) return asked.failure;
    if (asked.ok && asked.status !== 200) return refusalOf(asked);
    const server = asked.ok ? asked.server : found.server;
    const { pid } = server.card;
    if (!(await hasEnded(server))) {
      return { code: "failed", message: `Process ${pid} has stopped serving but has not exited` };
    }
    return tellResult(args, { pid }, `Stopped: process ${pid} has ended`);
  },
});

/**
 * Waits for the end of the process. One that is not to be seen from here (it is in a container,
 * say) has ended as far as can be known.
 */
async function hasEnded({ card }: Running): Promise<boolean> {
  const now = identify(card.pid);
  const isOther = card.started !== null && now.started !== card.started;
  if (isOther) return true;
  // A server of before 0.2 has answered at once.
  const isOld = card.config === undefined;
  const untilMs = isOld ? Infinity : performance.now() + LAST_WORDS_MS;
  while (isRunning(now)) {
    if (performance.now() > untilMs) return false;
    await Bun.sleep(POLL_MS);
  }
  return true;
}
