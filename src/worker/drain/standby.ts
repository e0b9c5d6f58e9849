// Standby: new connections go to another version, which is on trial. The worker keeps its app and
// its listeners, serves what comes all the same, and marks its answers, so that clients go to the
// other version with their next connection. Idle ones end by the keep-alive limit. Nothing is done
// that could not be undone: when it is over, the worker serves as before, or drains.
import type { SharedServers } from "../serve/shared-servers.ts";
import { Trouble, until } from "../trouble.ts";
import { Http2Drain } from "./http2-drain.ts";

/** A standby has no deadline. It may last for minutes, with many connections. */
const LOOK_EACH_MS = 200;
/** A look takes at most one part in so many of the time. */
const SHARE_OF_TIME = 50;

export function standBy(servers: SharedServers, isOn: boolean): void {
  servers.standBy(isOn);
  if (isOn) void sendHttp2Away(servers);
}

/**
 * Clients of HTTP/2 do not leave for a mark. What can be written to them past Bun is; over TLS and
 * on Unix sockets that is impossible, and they stay as long as they like, until the drain.
 */
async function sendHttp2Away(servers: SharedServers): Promise<void> {
  const { handlers, isSecure, hasUnix, turns } = servers;
  if (!handlers.hasHttp2 || isSecure || hasUnix) return;
  const http2 = new Http2Drain(servers, undefined);
  const { onTrouble } = handlers.options;
  const what = "while the worker was in standby, telling clients of HTTP/2";
  const isOver = (): boolean => {
    const hasChanged = servers.turns !== turns;
    if (!hasChanged) http2.look();
    return hasChanged;
  };
  await until(new Trouble(onTrouble, "drain-hindered", what), isOver, (tookMs) =>
    Math.max(LOOK_EACH_MS, tookMs * SHARE_OF_TIME),
  );
}
