// The words of the log. Users and scripts match these lines, so a change here is a change of
// contract. Those of one subject are in words/.

import { refusal } from "./words/refusals.ts";
import { formatDuration } from "./duration.ts";
import { trialWords } from "./words/trials.ts";
import { handoverWords } from "./words/handovers.ts";
import { certificateWords } from "./words/certificates.ts";
import { workerWords } from "./words/workers.ts";

export { refusal } from "./words/refusals.ts";

/** Why there cannot be more than one worker where addresses are not shared. */
export const ONE_WORKER = "on this system only one worker can listen on an address";

export const message = {
  serves: (version: string, pid: number, app: string, workers: number) =>
    `pounce ${version} (pid ${pid}) is serving ${app} with ${workers} ` +
    `worker${workers === 1 ? "" : "s"}`,
  reloadReceived: (by: string) => `Received ${by} — triggering graceful reload`,
  reloadQueued: (by: string) => `Received ${by} — a reload is in progress; another will follow`,
  reloadHandingOver: (by: string) =>
    `Received ${by} — a handover is in progress; a reload will follow`,
  reloadAtStart: (by: string) => `Received ${by} — still starting; a reload will follow`,
  reloadWhileStopping: (by: string) => `Received ${by} — ignored: the server is stopping`,
  reloadWaits: (draining: number) =>
    `Reload postponed: ${draining} generations are still draining, the most allowed at once; ` +
    "it starts when one has finished",
  configTooSlow: (timeoutMs: number) =>
    `reading the configuration took longer than ${formatDuration(timeoutMs)}`,
  linked: (generation: number, where: string) => `Generation ${generation} is loaded from ${where}`,
  reimported: (app: string) => `Successfully reimported app from ${app}`,
  appFailed: (reason: string) => `${reason}\n  The error page serves until it is mended`,
  spawning: (workers: number, generation: number) =>
    `Spawning ${workers} new worker(s) (generation ${generation})...`,
  draining: (generation: number) =>
    `New workers spawned. Draining old workers (generation ${generation})...`,
  drainingStandby: (generation: number) =>
    `Draining generation ${generation}, which was in standby...`,
  stopsFirst: (old: number, generation: number) =>
    `Stopping generation ${old} before generation ${generation} starts (rollout.strategy)`,
  nothingToStop: (old: number, generation: number) =>
    `Generation ${generation} starts (rollout.strategy); no worker of generation ${old} is left ` +
    "to be stopped",
  gapEnds: (generation: number, gapMs: number) =>
    `Generation ${generation} takes new connections; for ${formatDuration(gapMs)} nobody did`,
  idle: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) is idle`,
  complete: (workers: number, generation: number) =>
    `Graceful reload complete. Running ${workers} worker(s) on generation ${generation}`,
  completeLate: (generation: number, serving: number) =>
    `Graceful reload complete. Generation ${generation} has served; generation ${serving} does now`,
  reloadFailed: "Reload failed — continuing with previous version",
  /** With `strategy = "restart"`: it was stopped. */
  reloadFailedInGap: (generation: number, files: readonly string[] | undefined) =>
    files === undefined
      ? `Reload failed — nobody serves; starting generation ${generation} again`
      : `Reload failed — ${refusal.nobodyServes(generation, files)}`,
  startFailed: "Start failed — the app could not be loaded",
  steeringRefused: (reason: string) =>
    `The kernel refuses steering (${reason}): reloads take the careful path, ` +
    "on which a few new connections wait up to 1 s",
  sharesPorts: (reason: string) =>
    `The kernel refuses steering (${reason}): all workers accept from one listening socket`,
  noAffinity:
    'affinity: "client" needs a kernel that accepts steering programs, and it refuses them here: ' +
    "all workers accept from one listening socket",
  steeringWorks: "The kernel accepts steering again: reloads no longer take the careful path",
  noListener: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) says that it is listening, but ` +
    "handed over no listener",
  masterRefused: (what: string) =>
    `The system refused what the master asked for; the server goes on: ${what}`,
  masterFailed: (what: string) => `Internal error in the master, which stops gracefully: ${what}`,
  masterBroken: (what: string) =>
    `Internal error in the master, which exits; its workers finish their requests: ${what}`,
  effectFailed: (effect: string, reason: string) => `The master failed at "${effect}": ${reason}`,
  scaling: (signal: string, workers: number) =>
    `Received ${signal} — scaling to ${workers} worker(s)`,
  scaleUndone: (workers: number, reason: string) =>
    `Scaling to ${workers} worker(s) is refused: ${reason}`,
  refused: (by: string, reason: string) => `Received ${by} — refused: ${reason}`,
  keepsListener: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) did not stop listening in time — killed`,
  listensLater: (worker: number, generation: number, delayMs: number) =>
    `Worker ${worker} (generation ${generation}) has loaded its app but cannot listen; retrying ` +
    (delayMs > 0 ? `in ${formatDuration(delayMs)}` : "now"),
  listens: (worker: number, generation: number, gapMs: number) =>
    `Worker ${worker} (generation ${generation}) is listening; the address was closed for ` +
    (gapMs < 1000 ? `${gapMs}ms` : formatDuration(gapMs)),
  stopReceived: (signal: string) => `Received ${signal} — stopping gracefully`,
  stopImpatient: (signal: string) =>
    `Received ${signal} — stopping without waiting for idle connections`,
  stopNow: (signal: string) => `Received ${signal} — stopping immediately`,
  stopAnnounced: (delayMs: number) =>
    `Health checks now get 503; still serving for ${formatDuration(delayMs)} (shutdown_delay)`,
  logReopened: (signal: string, file: string) => `Received ${signal} — reopened ${file}`,
  logNotReopened: (signal: string, reason: string) =>
    `Received ${signal} — ${reason}; still logging to where it was`,
  logIsNoFile: (signal: string) =>
    `Received ${signal} — log.file is not set; only an access log is reopened`,
  listening: (url: string) => `Listening on ${url}`,
  stopped: "Stopped",
  ...trialWords,
  ...workerWords,
  ...handoverWords,
  ...certificateWords,
} as const;
