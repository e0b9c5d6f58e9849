// What the log says of workers: how they start, fail, hang, are replaced and end.

import { formatDuration } from "../duration.ts";
import type { Unfinished } from "../events.ts";
import { changedSince, REMEDY } from "./changed-files.ts";

const MIB = 1024 ** 2;

export const workerWords = {
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
  threwOutside: (worker: number, generation: number, error: string) =>
    `Worker ${worker} (generation ${generation}): the app threw outside a request: ${error}`,
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
    "nobody serves; loading what is on disk as a new generation",
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
  linkFailed: (worker: number, peer: number, reason: string) =>
    `Workers ${worker} and ${peer} get no link to each other: ${reason}`,
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
  /** The same, where it is errors rather than crashes. @param last why the last worker has to go */
  budgetSpentBy: (count: number, windowMs: number, last: string) =>
    `${count} crashes or errors outside requests within ${formatDuration(windowMs)} — the crash ` +
    `budget is spent (respawn.max_crashes); the last: ${last}`,
  forced: (worker: number, generation: number, timeoutMs: number, left: Unfinished | undefined) =>
    `Worker ${worker} (generation ${generation}) did not become idle after ` +
    `${formatDuration(timeoutMs)} — forcing shutdown${unfinished(left)}`,
  killed: (worker: number, generation: number) =>
    `Worker ${worker} (generation ${generation}) did not exit when asked to — killed`,
} as const;

function unfinished(left: Unfinished | undefined): string {
  if (left === undefined) return " (it does not answer)";
  const parts = [`${left.connections} connection(s)`, `${left.inFlight} in flight`];
  if (left.oldest !== undefined) {
    const { method, path, ageMs } = left.oldest;
    parts.push(`oldest ${method} ${path} for ${formatDuration(ageMs)}`);
  }
  return ` (${parts.join(", ")})`;
}
