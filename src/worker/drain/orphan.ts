// The end of a worker whose master has died: it finishes its requests, takes nothing new, and is
// gone after `shutdown_timeout` at the latest, even if its event loop is blocked.
import { LINGER_MS } from "../../core/settings.ts";
import type { LoadMessage } from "../../ipc/messages.ts";
import { dropNewHandshakes } from "../../net/filters.ts";
import { postponeAlarm, signalFor } from "../../os/parent-death.ts";
import { discardOutput } from "../../os/pipes.ts";
import { releaseWhenServed } from "./drain.ts";
import { force } from "./force.ts";
import { unheldSleep } from "./unheld.ts";
import type { SharedServers } from "../serve/shared-servers.ts";

const POSTPONE_EACH_MS = 1000;

/** How many seconds after its master's death the kernel ends a worker. */
export function secondsToLive({ shutdownTimeoutMs }: LoadMessage): number {
  return Math.ceil(shutdownTimeoutMs / 1000) + 1;
}

/**
 * Resolves when the process may end.
 * @param drain starts the drain; resolves when the worker is idle
 */
export async function endAsOrphan(
  servers: SharedServers,
  settings: LoadMessage,
  drain: () => Promise<void>,
): Promise<void> {
  if (settings.log.capture) tryTo(discardOutput);
  for (const listener of servers.openListeners) tryTo(() => dropNewHandshakes(listener));
  tryTo(() => servers.leaveShared());
  const seconds = signalFor(secondsToLive(settings));
  postponeAlarm(seconds);
  setInterval(() => postponeAlarm(seconds), POSTPONE_EACH_MS).unref();
  const released = Bun.sleep(LINGER_MS).then(() =>
    Promise.all(servers.addresses.map((address) => releaseWhenServed(servers, address))),
  );
  const timeIsUp = unheldSleep(settings.shutdownTimeoutMs).then(() => force(servers));
  const isDrained = Promise.all([drain(), released]).catch(() => timeIsUp);
  await Promise.race([isDrained, timeIsUp]);
}

function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // Where the kernel refuses a filter, a few new clients may be reset when the listener closes.
  }
}
