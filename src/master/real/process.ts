// The master's own process.
import { readFileSync } from "node:fs";
import { doingOf } from "../../os/doing.ts";
import { releaseCodePages } from "../../os/code-pages.ts";
import { here } from "../../platform.ts";
import { terminal } from "../../signals.ts";
import { supervision } from "../handover/supervisor.ts";
import type { OwnProcess } from "../surroundings.ts";

/**
 * The unit in which the kernel counts memory (/proc/PID/statm), on every processor that there is a
 * binary for.
 */
const PAGE_SIZE = 4096;

export const realProcess: OwnProcess = {
  pid: process.pid,
  startedSeconds: performance.timeOrigin / 1000,
  memory: (pids) =>
    here.hasProc
      ? {
          master: memoryOf(process.pid),
          worker: pids.reduce((sum, pid) => sum + memoryOf(pid), 0),
        }
      : { master: process.memoryUsage.rss() },
  random: Math.random,
  doing: here.hasProc ? doingOf : undefined,
  supervision,
  isHangup: () => terminal.isHangup(),
  releaseCode: releaseCodePages,
};

/** Resident memory in bytes; 0 for a process that has gone. */
function memoryOf(pid: number): number {
  try {
    const [, resident] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
    return Number(resident) * PAGE_SIZE;
  } catch {
    return 0;
  }
}
