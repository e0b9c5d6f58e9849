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
/** A server that has stopped closes its control socket, and then still has a few lines to write. */
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
    // A server that goes away without an answer, because it was killed for example, has ended as
    // well.
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
 * Waits for the end of the process. A process that cannot be seen from here (because it is in a
 * container, for example) has ended as far as we can tell.
 */
async function hasEnded({ card }: Running): Promise<boolean> {
  const now = identify(card.pid);
  const isOther = card.started !== null && now.started !== card.started;
  if (isOther) return true;
  // Servers before 0.2 answer at once.
  const isOld = card.config === undefined;
  const untilMs = isOld ? Infinity : performance.now() + LAST_WORDS_MS;
  while (isRunning(now)) {
    if (performance.now() > untilMs) return false;
    await Bun.sleep(POLL_MS);
  }
  return true;
}
