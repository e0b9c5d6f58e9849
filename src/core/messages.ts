// The words of the log. Users and scripts match these lines, so a change here is a change of
// contract.

import { formatDuration } from "./duration.ts";
import type { Unfinished } from "./events.ts";
import { percent } from "./percent.ts";
import type { Verdict } from "./verdict.ts";
import { PROTOCOLS } from "./handover-protocol.ts";

/** Why there cannot be more than one worker where addresses are not shared. */
export const ONE_WORKER = "on this system only one worker can listen on an address";

const MIB = 1024 ** 2;

/** Why a request is refused, for the log and for the answer to a command. */
export const refusal = {
  starting: "the server is starting",
  stopping: "the server is stopping",
  stopped: "the server has stopped",
  handedOver: "this server was handed over to another process; ask that one",
  drainCommanded: "a drain command is in progress, and a new master would not know about it",
  scaleDuringReload:
    "a reload is in progress and sets the number of workers; scale when it has finished",
  scaleDuringHandover:
    "the server is being handed over to a new master; scale when that has finished",
  scaleForeign: "another master has loaded what serves now; reload first",
  scaleOverruled: "a reload has started since, and it sets the number of workers",
  nothingInStandby:
    "no generation is in standby: there is one while a new version is on trial (rollout.bake); " +
    "to go back now, put the former version on disk and reload",
  oneServer: "on this system only one server can listen on an address; restart it instead",
  leastWorkers: "already at the minimum of 1 worker",
  mostWorkers: (most: number) => `the maximum is ${most} workers`,
  workersCrash: (ready: number, wanted: number) =>
    `only ${ready} of ${wanted} workers are ready: the others keep crashing; see the log`,
  workersOutdated: (ready: number, wanted: number, generation: number, files: readonly string[]) =>
    `only ${ready} of ${wanted} workers are ready: ${changedSince(files, generation)}; ${REMEDY}`,
  workersLate: (ready: number, wanted: number, afterMs: number) =>
    `only ${ready} of ${wanted} workers are ready after ${formatDuration(afterMs)}; see the log`,
} as const;

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
  reimported: (app: string) => `Successfully reimported app from ${app}`,
  appFailed: (reason: string) => `${reason}\n  The error page serves until it is mended`,
  spawning: (workers: number, generation: number) =>
    `Spawning ${workers} new worker(s) (generation ${generation})...`,
  draining: (generation: number) =>
    `New workers spawned. Draining old workers (generation ${generation})...`,
  stopsFirst: (old: number, generation: number) =>
    `Stopping generation ${old} before generation ${generation} starts (rollout.strategy)`,
  gapEnds: (generation: number, gapMs: number) =>
    `Generation ${generation} takes new connections; for ${formatDuration(gapMs)} nobody did`,
  idle: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) is idle`,
  complete: (workers: number, generation: number) =>
    `Graceful reload complete. Running ${workers} worker(s) on generation ${generation}`,
  verifying: (generation: number) =>
    `Generation ${generation} is ready; asking the command in rollout.verify`,
  verified: (generation: number) =>
    `The command in rollout.verify accepts generation ${generation}`,
  verifyFailed: (problem: string) => `the command in rollout.verify says no: ${problem}`,
  verifyOutput: (generation: number, line: string) =>
    `Verification (generation ${generation}): ${line}`,
  nobodyToVerify: (generation: number) => `no worker of generation ${generation} is ready`,
  noUnlisted: (problem: string) => `the generation has no address for it: ${problem}`,
  verifiedWorkerGone: (worker: number) => `worker ${worker}, which answered at its address, ended`,
  verifyTooSlow: (timeoutMs: number) =>
    `the command in rollout.verify took longer than ${formatDuration(timeoutMs)} (startup_timeout)`,
  canary: (generation: number, share: number, forMs: number) =>
    `Generation ${generation} gets ${percent(share)} % of new connections for ` +
    `${formatDuration(forMs)} (rollout.canary)`,
  canarySkipped: (generation: number) =>
    "The kernel refuses steering, so no share can be set: " +
    `generation ${generation} takes over without a canary`,
  canarySuperseded: (by: string) => `a newer version is wanted (${by})`,
  verdict: (generation: number, { name, words }: Verdict) => {
    switch (name) {
      case "good":
        return `Generation ${generation} is no worse: ${words}`;
      case "bad":
        return `Generation ${generation} is bad: ${words}`;
      case "too-few":
        return `Generation ${generation} is not judged: ${words}`;
    }
  },
  baking: (generation: number, standby: number, forMs: number) =>
    `Generation ${generation} takes all new connections; generation ${standby} stays in standby ` +
    `for ${formatDuration(forMs)} (rollout.bake)`,
  canaryShort: (generation: number) =>
    `generation ${generation} has lost workers, and its files have changed since it was loaded, ` +
    "so they cannot be replaced",
  nobodyInStandby: (generation: number) =>
    `No worker of generation ${generation} is left in standby: there is nothing to go back to`,
  rollbackReceived: (by: string) => `Received ${by} — rolling back`,
  rollbackAskedFor: (by: string) => `${by} asked for it`,
  rolledBack: (generation: number, serving: number, reason: string) =>
    `Rolled back from generation ${generation} to generation ${serving}: ${reason}`,
  reloadFailed: "Reload failed — continuing with previous version",
  /** With `strategy = "restart"`: it was stopped. */
  reloadFailedInGap: (generation: number) =>
    `Reload failed — nobody serves; starting generation ${generation} again`,
  startFailed: "Start failed — the app could not be loaded",
  notReady: (worker: number, generation: number, doing: string, timeoutMs: number) =>
    `Worker ${worker} (generation ${generation}) was still ${doing} after ` +
    `${formatDuration(timeoutMs)} (startup_timeout) — killed`,
  outdated: (worker: number, generation: number, doing: string) =>
    `Worker ${worker} (generation ${generation}) was still ${doing} when a newer version was ` +
    "there — killed",
  bindHung: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) did not finish binding in time — killed`,
  endedEarly: (worker: number, generation: number, doing: string, how: string) =>
    `Worker ${worker} (generation ${generation}) failed while ${doing}: ${how}`,
  /** What a worker that is not ready is doing, by the name of its phase. */
  doing: (phase: "spawning" | "loading" | "binding", app: string) => {
    switch (phase) {
      case "spawning":
        return "starting its process";
      case "loading":
        return `importing ${app} or running its startup hook`;
      case "binding":
        return "binding its address or warming up";
    }
  },
  otherVersion: (path: string, found: string | undefined, expected: string) =>
    `${path} has been replaced by ` +
    `${found === undefined ? "another version" : `version ${found}`} of pounce, whose workers ` +
    `this master (version ${expected}) cannot run: restart the server to change the version`,
  spawned: (worker: number, generation: number, pid: number) =>
    `Worker ${worker} (generation ${generation}) spawned as process ${pid}`,
  ready: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) is ready`,
  exited: (worker: number, generation: number, how: string) =>
    `Worker ${worker} (generation ${generation}) exited: ${how}`,
  crashed: (worker: number, generation: number, how: string) =>
    `Worker ${worker} (generation ${generation}) exited unexpectedly: ${how}`,
  stalled: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) does not get on: others get new connections`,
  gotOn: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) gets on again`,
  /** @param doing what the kernel says that it does */
  hung: (worker: number, generation: number, timeoutMs: number, doing: string | undefined) =>
    `Worker ${worker} (generation ${generation}) has made no progress for ` +
    `${formatDuration(timeoutMs)} (watchdog.hang_timeout) — killed, and its connections are lost` +
    (doing === undefined ? "" : `: ${doing}`),
  orphanExited: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) has exited, after its master`,
  respawning: (slot: number, worker: number, delayMs: number) =>
    delayMs > 0
      ? `Replacing worker ${worker} (slot ${slot}) in ${formatDuration(delayMs)}`
      : `Replacing worker ${worker} (slot ${slot})`,
  uncaughtBeforeReady: (worker: number, generation: number, error: string) =>
    `Worker ${worker} (generation ${generation}): the app threw before this ` +
    `generation served: ${error}`,
  otherCode: (worker: number, generation: number, files: readonly string[]) =>
    `Worker ${worker} (generation ${generation}) does not start: ` +
    `${changedSince(files, generation)}, and no two codes share a generation: ${REMEDY}`,
  filesAsBefore: (generation: number) =>
    `The files of generation ${generation} are again what it was loaded from; its workers start`,
  /** In the place of a signal or a command. */
  nobodyLeft: "the loss of its last worker",
  generationLost: (generation: number, isForeign: boolean) =>
    `No worker of generation ${generation} is left, ` +
    `and ${isForeign ? "another master has loaded it" : "its files have changed"}: ` +
    "loading what is on disk as a new generation",
  broken: (worker: number, generation: number, what: string) =>
    `Worker ${worker} (generation ${generation}) ${what}`,
  /** @param told what has become of processes that its app had started */
  childrenEnded: (worker: number, generation: number, told: string) =>
    `Worker ${worker} (generation ${generation}): ${told}`,
  /** For a message that is impossible in the worker's phase. */
  misplaced: (said: string, phase: string) =>
    `sent ${JSON.stringify(said)}, which is not valid while it is ${phase}`,
  leads: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) leads`,
  leaseEnded: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) was the leader and did not answer in time: ` +
    "another worker may lead",
  recycling: (worker: number, generation: number, delayMs: number) =>
    `Replacing worker ${worker} (generation ${generation})` +
    (delayMs > 0 ? ` in ${formatDuration(delayMs)}` : "") +
    " — it drains when its replacement is ready",
  worn: (worker: number, generation: number, words: string) =>
    `Replacing worker ${worker} (generation ${generation}), which ${words} — it drains when its ` +
    "replacement is ready",
  wornRequests: (requests: number) => `has answered ${requests} requests (recycle.max_requests)`,
  wornRss: (bytes: number) => `has ${Math.round(bytes / MIB)}MiB of memory (recycle.max_rss)`,
  wornLifetime: (ageMs: number) =>
    `has run for ${formatDuration(Math.round(ageMs / 1000) * 1000)} (recycle.max_lifetime)`,
  filesChanged: (files: readonly string[], generation: number) =>
    `${changedSince(files, generation)}: ${REMEDY}`,
  foreign: "another master has loaded it",
  recyclePutOff: (worker: number, generation: number, why: string) =>
    `Worker ${worker} (generation ${generation}) is not replaced and keeps serving: ${why}`,
  budgetSpent: (crashes: number, windowMs: number) =>
    `${crashes} crashes within ${formatDuration(windowMs)} — the crash budget is ` +
    "spent (respawn.max_crashes)",
  forced: (worker: number, generation: number, timeoutMs: number, left: Unfinished | undefined) =>
    `Worker ${worker} (generation ${generation}) did not become idle after ` +
    `${formatDuration(timeoutMs)} — forcing shutdown${unfinished(left)}`,
  killed: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) did not exit when asked to — killed`,
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
  handoverReceived: (by: string) => `Received ${by} — handing over to the binary on disk`,
  handoverQueued: (by: string) =>
    `Received ${by} — the handover will follow when the current operation has finished`,
  handoverUnderWay: (by: string) => `Received ${by} — ignored: a handover is in progress`,
  handoverWhileStopping: (by: string) => `Received ${by} — ignored: the server is stopping`,
  handoverInDev: (by: string) =>
    `Received ${by} — ignored: to change the version of pounce, start pounce dev again`,
  nobodyServes: "Handover abandoned: no worker is left to serve requests",
  noHello: (pid: number | undefined, timeoutMs: number) =>
    `${newMaster(pid)} did not contact this one within ${formatDuration(timeoutMs)} ` +
    "(startup_timeout); is it pounce?",
  otherProtocol: (pid: number, theirs: readonly number[]) =>
    `${newMaster(pid)} speaks handover protocol ${theirs.join(", ")}, this master speaks ` +
    `${PROTOCOLS.join(", ")}: restart the server instead`,
  noClaim: (pid: number, timeoutMs: number) =>
    `${newMaster(pid)} was not ready within ${formatDuration(timeoutMs)}`,
  successorFailed: (pid: number | undefined, how: string) => `${newMaster(pid)} exited: ${how}`,
  offerFailed: (reason: string) => `Could not reply to the new master: ${reason}`,
  handoverFailed: "Handover failed — continuing with this binary",
  listening: (url: string) => `Listening on ${url}`,
  handedOver: (pid: number) =>
    `Handed over to process ${pid}. This process exits when its workers have drained`,
  tookOver: (from: number, urls: readonly string[]) =>
    `Took over from process ${from}. Serving ${urls.join(", ")}`,
  successorExited: (pid: number) =>
    `Process ${pid}, which took over, has exited — this one exits too`,
  predecessorEnded: (pid: number) => `Process ${pid}, which handed over, exited early`,
  afterHandover: (signal: string, pid: number) =>
    `Received ${signal} — ignored: process ${pid} is the server now`,
  stopped: "Stopped",
  certificatesRenewed: (certificates: string) =>
    `Certificates renewed, without new workers: ${certificates}`,
  ordering: (domain: string, ca: string, isRenewal: boolean) =>
    `Ordering ${isRenewal ? "the next" : "a"} certificate for ${domain} from ${ca}`,
  ordered: (domain: string, until: string, next: string) =>
    `There is a new certificate for ${domain}, until ${until}; the next one is ordered on ${next}`,
  /** @param isFirst clients have had none yet */
  notOrdered: (domain: string, reason: string, next: string, served: string, isFirst: boolean) =>
    `No ${isFirst ? "" : "new "}certificate for ${domain}: ${reason}. ${served}; ` +
    `the next attempt is at ${next}`,
  oldServesOn: (until: string, isValid: boolean) =>
    isValid
      ? `The present one serves on, until ${until}`
      : `The present one has expired on ${until}, and is served on, although clients refuse it`,
  selfSignedServes: "A self-signed one is served meanwhile, which clients refuse",
  certificateLost: (names: readonly string[]) =>
    `The file of the certificate for ${names.join(", ")} is gone or broken. The certificate ` +
    "serves on over reloads, not over a restart; another one is ordered",
  dueAtOnce:
    "the new one is to be renewed at once, by the clock of this machine: see whether that is right",
  orderEnded: (how: string) => `the process that orders has ended (${how})`,
  certificatesNotRenewed: (reason: string) =>
    `The certificates on disk are not served, the old ones still are: ${reason}`,
  certificateExpires: (name: string, left: string, until: string) =>
    `The certificate of ${name} ${left.startsWith("expired") ? "has" : "expires soon:"} ${left} ` +
    `(${until}): renew it, and pounce will serve the new one by itself`,
  noRenewalNow: "the server is starting, stopping, or being handed over",
  noRenewalHere: "on this system certificates are renewed by a reload: pounce reload",
  noTls: "the server does not serve TLS: set cert and key in [tls], and reload",
  noRenewalBy: (worker: number) => `worker ${worker} has not answered`,
  renewalProblem: (worker: number, problem: string) => `worker ${worker}: ${problem}`,
  /** @param of how many workers there are */
  renewedInPart: (problems: readonly string[], of: number) =>
    `${problems.length} of ${of} workers still serve the old certificates until the next reload ` +
    `(${problems.join("; ")})`,
} as const;

/** The most files that a message names. */
const MOST_FILES = 5;
const REMEDY = "reload to serve what is on disk now, or put the files back";

function changedSince(files: readonly string[], generation: number): string {
  const named = files.slice(0, MOST_FILES).join(", ");
  const more = files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more` : "";
  const have = files.length === 1 ? "has" : "have";
  return `${named}${more} ${have} changed since generation ${generation} was loaded`;
}

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
