// Processes that were started together by one process and can be signalled together.
import { readdirSync } from "node:fs";
import { hasEnded, statOf } from "./process-stat.ts";

/** Sends a signal to a process group. Returns whether there is one. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process of the group is still running, rather than waiting to be reaped. */
export function isGroupRunning(leader: number): boolean {
  return signalGroup(leader, 0) && groupMembers(leader).length > 0;
}

/** The processes of a group that run. */
export function groupMembers(leader: number): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && runsIn(leader, name));
}

function runsIn(leader: number, pid: string): boolean {
  const stat = statOf(pid);
  return stat?.group === leader && !hasEnded(stat);
}
