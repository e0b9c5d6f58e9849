// Fits a configuration to this system. What the system cannot do is left out, with a warning.
import type { Config, RolloutConfig } from "../../config/config.ts";
import { ONE_WORKER } from "../../core/messages.ts";
import { carryObstacle } from "../../config/websockets.ts";
import type { WebSocketSettings } from "../../core/settings.ts";
import type { Capabilities } from "../../platform.ts";

/** Where one worker listens at a time, no two versions can serve beside each other. */
function alone(rollout: RolloutConfig): RolloutConfig {
  return { ...rollout, strategy: "all", canaryShare: 0, bakeMs: 0 };
}

/** Each replacement would cost requests. */
const NO_RECYCLING = { maxRequests: 0, maxRequestsJitter: 0, maxRssBytes: 0, maxLifetimeMs: 0 };

/** @returns the configuration, and what was changed in it, a sentence each */
export function fitToPlatform(
  config: Config,
  { name, sharesAddresses, hasLibc }: Capabilities,
): { readonly config: Config; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const { workers, log, limits } = config;
  const fits = { workers: sharesAddresses ? workers : 1, capture: hasLibc && log.capture };
  if (workers !== fits.workers) {
    notes.push(`workers: using 1 instead of ${workers}: ${ONE_WORKER} (${name})`);
  }
  if (log.capture !== fits.capture) {
    notes.push(
      `log.capture: using false instead of true: the output of workers cannot be read on ${name}`,
    );
  }
  const rollout = sharesAddresses ? config.rollout : alone(config.rollout);
  if (
    rollout.canaryShare !== config.rollout.canaryShare ||
    rollout.bakeMs !== config.rollout.bakeMs
  ) {
    notes.push(`rollout: no canary and no bake: ${ONE_WORKER} (${name})`);
  }
  const recycle = sharesAddresses ? config.recycle : NO_RECYCLING;
  if (Object.values(config.recycle).some((limit) => limit > 0) && recycle === NO_RECYCLING) {
    notes.push(`recycle: no worker is replaced for it: ${ONE_WORKER} (${name})`);
  }
  const { websocket, note } = fitWebSockets(
    config,
    sharesAddresses ? undefined : `${ONE_WORKER} (${name})`,
  );
  if (note !== undefined) notes.push(note);
  const maxConnections = hasLibc ? limits.maxConnections : 0;
  if (limits.maxConnections !== maxConnections) {
    const why = `connections cannot be counted on ${name}`;
    notes.push(`limits.max_connections: using 0 instead of ${limits.maxConnections}: ${why}`);
  }
  const fitting = {
    ...config,
    workers: fits.workers,
    log: { ...log, capture: fits.capture },
    limits: { ...limits, maxConnections },
    rollout,
    recycle,
    websocket,
  };
  return { config: fitting, notes };
}

/** @param single why there is nobody to move to; undefined: there is */
function fitWebSockets(
  config: Config,
  single: string | undefined,
): { readonly websocket: WebSocketSettings; readonly note?: string } {
  const { onReload, ...others } = config.websocket;
  const why = single ?? carryObstacle(config);
  if (onReload === undefined || why === undefined) return { websocket: config.websocket };
  return {
    websocket: others,
    note: `websocket.on_reload: using "close" instead of "carry": ${why}`,
  };
}
