// The first message to a worker, made from the plan of its generation.
import type { LoadMessage } from "../../ipc/messages.ts";
import type { WorkerIdentity } from "../../ipc/worker-name.ts";
import type { Plan } from "./plan.ts";

/** Of this master: of no other one anywhere. */
const SERVER_ID = crypto.randomUUID();

/**
 * @param page the file of the page to count in, if it has a name
 * @param isTrial load the app and stop there, for `check`
 */
export function loadMessage(
  { config, app, folder, addresses, tls, isDev, inspect, runsAs, files }: Plan,
  { worker, generation, slot }: WorkerIdentity,
  page?: string,
  isTrial = false,
): LoadMessage {
  return {
    type: "load",
    app,
    worker,
    generation,
    slot,
    folder,
    startupTimeoutMs: config.startupTimeoutMs,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    keepAliveTimeoutMs: config.keepAliveTimeoutMs,
    requestTimeoutMs: config.requestTimeoutMs,
    limits: config.limits,
    websocket: config.websocket,
    healthCheckPath: config.healthCheckPath,
    // Only the master may write a file of its own user.
    log: runsAs === undefined ? config.log : { ...config.log, file: undefined },
    relaysLog: config.log.capture || (runsAs !== undefined && config.log.file !== undefined),
    runsAs: runsAs?.identity,
    accessLog: config.accessLog,
    trustedProxies: config.trustedProxies,
    requestId: config.requestId,
    h2c: config.h2c,
    warmup: config.rollout.warmup,
    uncaught: config.respawn.uncaught,
    page,
    serverId: SERVER_ID,
    master: process.pid,
    isTrial,
    dev: isDev,
    inspect,
    addresses,
    files,
    tls: tls?.served,
  };
}
