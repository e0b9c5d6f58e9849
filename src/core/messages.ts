// The words of the log. Users and scripts match these lines: a change here is a change of contract.

import { formatDuration } from "./duration.ts";
import type { Unfinished } from "./events.ts";
import { PROTOCOLS } from "./handover-protocol.ts";

/** Why there cannot be more than one worker, where addresses are not shared. */
export const ONE_WORKER =
  "no two workers can listen on one address on this system, so there is one worker";

/** Why somebody does not get what was asked for, as the log and the answer to a command say it. */
export const refusal = {
  starting: "the server is starting",
  stopping: "the server is stopping",
  stopped: "the server has stopped",
  handedOver: "the server has been handed over to another process; ask that one",
  drainCommanded: "a drain command is under way, which a new master would not know of",
  scaleDuringReload:
    "a reload is in progress, which sets the number of workers: scale when it has ended",
  scaleDuringHandover: "the server is being handed over to a new master: scale when that has ended",
  scaleOverruled: "a reload has begun since, and sets the number of workers",
  oneServer: "no two servers can listen on one address on this system; restart it instead",
  leastWorkers: "one worker is the least",
  mostWorkers: (most: number) => `${most} workers are the most`,
  workersCrash: (ready: number, wanted: number) =>
    `${ready} of ${wanted} workers serve: they crash; the log says more`,
  workersLate: (ready: number, wanted: number, afterMs: number) =>
    `${ready} of ${wanted} workers serve: the others are not ready after ` +
    `${formatDuration(afterMs)}; the log says more`,
} as const;

export const message = {
  serves: (version: string, pid: number, app: string, workers: number) =>
    `pounce ${version} (pid ${pid}) serves ${app} with ${workers} worker${workers === 1 ? "" : "s"}`,
  reloadReceived: (by: string) => `Received ${by} — triggering graceful reload`,
  reloadQueued: (by: string) => `Received ${by} — a reload is in progress, one more will follow`,
  reloadHandingOver: (by: string) =>
    `Received ${by} — a handover is under way, a reload will follow`,
  reloadAtStart: (by: string) => `Received ${by} — still starting, a reload will follow`,
  reloadWhileStopping: (by: string) => `Received ${by} — ignored, the server is stopping`,
  reloadWaits: (draining: number) =>
    `The reload waits: ${draining} generations are still draining, the most allowed at a time`,
  configTooSlow: (timeoutMs: number) =>
    `the configuration was not read within ${formatDuration(timeoutMs)}`,
  reimported: (app: string) => `Successfully reimported app from ${app}`,
  spawning: (workers: number, generation: number) =>
    `Spawning ${workers} new worker(s) (generation ${generation})...`,
  draining: (generation: number) =>
    `New workers spawned. Draining old workers (generation ${generation})...`,
  idle: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) is idle`,
  complete: (workers: number, generation: number) =>
    `Graceful reload complete. Running ${workers} worker(s) on generation ${generation}`,
  reloadFailed: "Reload failed — continuing with previous version",
  startFailed: "Start failed — the app could not be loaded",
  notReady: (worker: number, generation: number, doing: string, timeoutMs: number) =>
    `Worker ${worker} (generation ${generation}) was still ${doing} after ` +
    `${formatDuration(timeoutMs)} (startup_timeout) — killed`,
  bindHung: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) did not finish binding in time — killed`,
  endedEarly: (worker: number, generation: number, doing: string, how: string) =>
    `Worker ${worker} (generation ${generation}) ended while it was ${doing}: ${how}`,
  /** What a worker that is not ready is about, by the name of its phase. */
  doing: (phase: "spawning" | "loading" | "binding", app: string) => {
    switch (phase) {
      case "spawning":
        return "being spawned";
      case "loading":
        return `importing ${app} or in its startup`;
      case "binding":
        return "binding its address";
    }
  },
  otherVersion: (path: string, found: string | undefined, expected: string) =>
    `${path} has been replaced: it is pounce ${found ?? "of another version"} now, and this master, which is ` +
    `${expected}, cannot direct its workers. Restart to change the version of pounce`,
  spawned: (worker: number, generation: number, pid: number) =>
    `Worker ${worker} (generation ${generation}) spawned as process ${pid}`,
  ready: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) is ready`,
  exited: (worker: number, generation: number, how: string) =>
    `Worker ${worker} (generation ${generation}) ended: ${how}`,
  crashed: (worker: number, generation: number, how: string) =>
    `Worker ${worker} (generation ${generation}) ended unexpectedly: ${how}`,
  orphanEnded: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) has ended, as its master had`,
  respawning: (slot: number, worker: number, delayMs: number) =>
    delayMs > 0
      ? `Replacing worker ${worker} (slot ${slot}) in ${formatDuration(delayMs)}`
      : `Replacing worker ${worker} (slot ${slot})`,
  uncaughtBeforeReady: (worker: number, generation: number, error: string) =>
    `Worker ${worker} (generation ${generation}): the app threw before its version served: ${error}`,
  broken: (worker: number, generation: number, what: string) =>
    `Worker ${worker} (generation ${generation}) ${what}`,
  /** Of a worker in a phase in which it cannot say that. */
  misplaced: (said: string, phase: string) =>
    `said ${JSON.stringify(said)}, which cannot be while it is ${phase}`,
  recycling: (worker: number, generation: number, delayMs: number) =>
    `Replacing worker ${worker} (generation ${generation})` +
    (delayMs > 0 ? ` in ${formatDuration(delayMs)}` : "") +
    " — it drains when the new one is ready",
  recyclePutOff: (worker: number, generation: number, why: string) =>
    `Worker ${worker} (generation ${generation}) is not replaced and serves on: ${why}`,
  budgetSpent: (crashes: number, windowMs: number) =>
    `${crashes} crashes within ${formatDuration(windowMs)} — the crash budget is spent`,
  forced: (worker: number, generation: number, timeoutMs: number, left: Unfinished | undefined) =>
    `Worker ${worker} (generation ${generation}) did not become idle after ` +
    `${formatDuration(timeoutMs)} — forcing shutdown${unfinished(left)}`,
  killed: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) did not end when told to — killed`,
  steeringRefused: (reason: string) =>
    `The kernel refuses steering (${reason}): reloads take the careful path, ` +
    "in which a few new connections wait up to 1 s",
  steeringWorks: "The kernel takes steering programs again: reloads steer as ever",
  noListener: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) says that it listens, and has handed over no listener`,
  masterRefused: (what: string) => `The master was refused by the system, and goes on: ${what}`,
  masterFailed: (what: string) => `The master has failed, and stops: ${what}`,
  masterBroken: (what: string) =>
    `The master has failed and ends; its workers finish what they have: ${what}`,
  effectFailed: (effect: string, reason: string) => `The master could not ${effect}: ${reason}`,
  scaling: (signal: string, workers: number) =>
    `Received ${signal} — scaling to ${workers} worker(s)`,
  refused: (by: string, reason: string) => `Received ${by} — refused: ${reason}`,
  keepsListener: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) did not let go of its address in time — killed`,
  listensLater: (worker: number, generation: number, delayMs: number) =>
    `Worker ${worker} (generation ${generation}) has its app and no address: it tries again ` +
    (delayMs > 0 ? `in ${formatDuration(delayMs)}` : "now"),
  listens: (worker: number, generation: number, gapMs: number) =>
    `Worker ${worker} (generation ${generation}) listens; nobody did for ` +
    (gapMs < 1000 ? `${gapMs}ms` : formatDuration(gapMs)),
  stopReceived: (signal: string) => `Received ${signal} — stopping gracefully`,
  stopImpatient: (signal: string) =>
    `Received ${signal} — stopping, without waiting for idle connections`,
  stopNow: (signal: string) => `Received ${signal} — stopping at once`,
  stopAnnounced: (delayMs: number) =>
    `Health answers 503; serving on for ${formatDuration(delayMs)} (shutdown_delay)`,
  logReopened: (signal: string, file: string) => `Received ${signal} — reopened ${file}`,
  logNotReopened: (signal: string, reason: string) =>
    `Received ${signal} — ${reason}; the log goes on to where it was`,
  logIsNoFile: (signal: string) =>
    `Received ${signal} — log.file is not set; only an access log is opened again`,
  handoverReceived: (by: string) => `Received ${by} — handing over to the binary on disk`,
  handoverQueued: (by: string) =>
    `Received ${by} — the handover follows when what is under way has ended`,
  handoverUnderWay: (by: string) => `Received ${by} — ignored, a handover is under way`,
  handoverWhileStopping: (by: string) => `Received ${by} — ignored, the server is stopping`,
  nobodyServes: "The handover is given up: no worker is left that serves meanwhile",
  noHello: (pid: number | undefined, timeoutMs: number) =>
    `${newMaster(pid)} did not ask for the server within ${formatDuration(timeoutMs)} ` +
    "(startup_timeout); is it pounce?",
  otherProtocol: (pid: number, theirs: readonly number[]) =>
    `${newMaster(pid)} speaks handover protocol ${theirs.join(", ")}, ` +
    `this one ${PROTOCOLS.join(", ")}: restart the server instead`,
  noClaim: (pid: number, timeoutMs: number) =>
    `${newMaster(pid)} was not ready within ${formatDuration(timeoutMs)}`,
  successorFailed: (pid: number | undefined, how: string) => `${newMaster(pid)} ended: ${how}`,
  notOffered: (reason: string) => `The new master could not be answered: ${reason}`,
  handoverFailed: "Handover failed — continuing with this binary",
  listening: (address: string) => `Listening on http://${address}`,
  handedOver: (pid: number) =>
    `Handed over. Process ${pid} serves; this one ends when its workers have`,
  tookOver: (from: number, addresses: readonly string[]) =>
    `Took over from process ${from}. Serving ${addresses.map((a) => `http://${a}`).join(", ")}`,
  successorEnded: (pid: number) => `Process ${pid}, which took over, has ended — this one ends too`,
  predecessorEnded: (pid: number) => `Process ${pid}, which handed over, has ended early`,
  afterHandover: (signal: string, pid: number) =>
    `Received ${signal} — ignored, the server is process ${pid} now`,
  stopped: "Stopped",
} as const;

function newMaster(pid: number | undefined): string {
  return pid === undefined ? "The new master" : `The new master (process ${pid})`;
}

function unfinished(left: Unfinished | undefined): string {
  if (left === undefined) return " (it does not answer)";
  const parts = [`${left.connections} connection(s)`, `${left.inFlight} in flight`];
  if (left.oldest !== undefined) {
    const { method, path, ageMs } = left.oldest;
    parts.push(`oldest ${method} ${path} for ${formatDuration(ageMs)}`);
  }
  return ` (${parts.join(", ")})`;
}
