// What a worker does once a second: it ends connections whose clients have had their time, has an
// eye on handshakes, lets the meter note how it is doing, and gives memory back when a busy time is
// over.
//
// Bun's own idle timer would also end slow handlers and quiet streams, and ticks only every four
// seconds.
import { releaseCodePages } from "../../os/code-pages.ts";
import { openDescriptors } from "../../os/open-descriptors.ts";
import { BusyTime } from "./busy-time.ts";
import { watchDescriptors } from "../connections/descriptor-watch.ts";
import { HandshakeQueue } from "../connections/handshake-queue.ts";
import type { ConnectionLimits } from "./idle.ts";
import { type OnEnd, Sweep } from "./sweep.ts";
import type { Meter } from "../requests/meter.ts";
import type { SharedServers } from "../serve/shared-servers.ts";
import { periodically, Trouble } from "../trouble.ts";

const INTERVAL_MS = 1000;
/**
 * Sweeps take at most one part in this many of a worker's time, as long as idle connections are
 * closed in time.
 */
const SHARE_OF_TIME = 100;
const MAX_INTERVAL_MS = 3000;

/** Runs for the life of the process, starting before the first connection. */
export function keepAlive(servers: SharedServers, meter: Meter, limits: ConnectionLimits): void {
  const onEnd: OnEnd = (why, inFlight) => {
    meter.rejected(why);
    if (inFlight === undefined) return;
    servers.handlers.pastHandler.noteAnswered(inFlight, 408);
  };
  const { isSecure } = servers;
  const { hasHttp2: mayBeHttp2 } = servers.handlers;
  const sweep = new Sweep(servers.connections, limits, { isSecure, mayBeHttp2 }, onEnd);
  const { onTrouble } = servers.handlers.options;
  const handshakes = isSecure ? new HandshakeQueue(servers.connections, onTrouble) : undefined;
  const busyTime = new BusyTime();
  let requests = servers.handlers.inFlight.total;
  let descriptors = openDescriptors();
  const turn = async (dueMs: number): Promise<number> => {
    const lagMs = performance.now() - dueMs;
    const before = { requests, descriptors };
    requests = servers.handlers.inFlight.total;
    descriptors = openDescriptors();
    const isAsBefore =
      requests === before.requests &&
      descriptors === before.descriptors &&
      descriptors !== undefined;
    if (!isAsBefore) handshakes?.watch();
    // A worker without work does next to nothing here: code that does not run takes no memory.
    const isCalm = !sweep.isDue(isAsBefore);
    const tookMs = isCalm ? 0 : await sweep.run(isAsBefore);
    if (isCalm) servers.handlers.inFlight.rest();
    servers.look();
    const { connections } = sweep;
    const waitsMs = servers.handlers.inFlight.waitsMs();
    meter.tick({ inFlight: servers.handlers.servers.pendingRequests, connections, lagMs, waitsMs });
    if (busyTime.isOverAfter(requests - before.requests)) releaseCodePages();
    return Math.min(Math.max(INTERVAL_MS, tookMs * SHARE_OF_TIME), MAX_INTERVAL_MS);
  };
  const what = "ending idle and slow connections";
  periodically(new Trouble(onTrouble, "sweep-failed", what), INTERVAL_MS, turn);
  watchDescriptors(servers.accepting, onTrouble);
}
