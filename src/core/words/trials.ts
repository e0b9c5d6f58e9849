// What the log says of the trials of a new version: the operator's command, the canary, the bake,
// and going back.

import { formatDuration } from "../duration.ts";
import { percent } from "../percent.ts";
import type { Verdict } from "../verdict.ts";

export const trialWords = {
  verifying: (generation: number) =>
    `Generation ${generation} is ready; asking the command in rollout.verify`,
  verified: (generation: number) =>
    `The command in rollout.verify accepts generation ${generation}`,
  verifyFailed: (problem: string) => `the command in rollout.verify says no: ${problem}`,
  verifyOutput: (generation: number, line: string) =>
    `Verification (generation ${generation}): ${line}`,
  verifyLeftOut: (lines: number, bytes: number) =>
    `... and ${lines} more line(s), ${bytes} bytes, which are not logged`,
  nobodyToVerify: (generation: number) => `no worker of generation ${generation} is ready`,
  noUnlisted: (problem: string) => `the generation has no address for it: ${problem}`,
  verifiedWorkerEnded: (worker: number) =>
    `worker ${worker}, which answered the command in rollout.verify, has ended`,
  verifiedWorkerHung: (worker: number) =>
    `worker ${worker}, which answered the command in rollout.verify, made no progress and was ` +
    "killed (watchdog.hang_timeout)",
  verifyTooSlow: (timeoutMs: number) =>
    `the command in rollout.verify took longer than ${formatDuration(timeoutMs)} ` +
    "(rollout.verify_timeout)",
  canary: (generation: number, share: number, forMs: number) =>
    `Generation ${generation} gets ${percent(share)} % of new connections for ` +
    `${formatDuration(forMs)} (rollout.canary)`,
  canarySkipped: (generation: number) =>
    "The kernel refuses steering, so no share can be set: " +
    `generation ${generation} takes over without a canary`,
  canaryUnsteered: (generation: number, leftMs: number, figures: string | undefined) =>
    "The kernel refuses steering, so there are no shares any more: the canary of generation " +
    `${generation} ends ${formatDuration(Math.max(0, leftMs))} early, ` +
    (figures === undefined ? "before it was measured" : `after ${figures}`),
  takesOverShort: (generation: number, ready: number, workers: number) =>
    `No old worker serves any more: generation ${generation} takes over with ${ready} of ` +
    `${workers} worker(s)`,
  canaryAlone: (generation: number) =>
    `Nobody else serves any more: generation ${generation} takes over without a canary`,
  canaryNotBegun: (generation: number, by: string) =>
    `Generation ${generation} is ready and gets no clients: a newer version is wanted (${by})`,
  canaryGoesOn: (generation: number) =>
    `Reload failed — the canary of generation ${generation} goes on`,
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
} as const;
