// Why a request is refused, for the log and for the answer to a command.

import { formatDuration } from "../duration.ts";
import { changedSince, REMEDY } from "./changed-files.ts";

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
  /** @param wanted the number that it stays at */
  scaleOutdated: (
    ready: number,
    asked: number,
    generation: number,
    files: readonly string[],
    wanted: number,
  ) =>
    `only ${ready} of ${asked} workers are ready: ${changedSince(files, generation)}; ${REMEDY}, ` +
    `and scale again: the number stays at ${wanted}`,
  /** The former code serves, from memory: what is on disk is not it. */
  filesChanged: (files: readonly string[], generation: number) =>
    `${changedSince(files, generation)}: put the files back`,
  /** @param files what has changed; undefined: nothing, as far as is known */
  nobodyServes: (generation: number, files: readonly string[] | undefined) =>
    files === undefined
      ? `nobody serves until a worker of generation ${generation} is ready, ` +
        "which starts if its files are as they were"
      : `nobody serves: ${changedSince(files, generation)}: put the files back`,
  workersLate: (ready: number, wanted: number, afterMs: number) =>
    `only ${ready} of ${wanted} workers are ready after ${formatDuration(afterMs)}; see the log`,
} as const;
