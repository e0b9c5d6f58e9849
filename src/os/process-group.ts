// Processes that were started together by one process and can be signalled together.
import { readdirSync, readFileSync } from "node:fs";

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

/** In proc(5)'s stat, the state is the third field and the process group the fifth. */
function runsIn(leader: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(group) === leader && state !== "Z" && state !== "X";
  } catch {
    // It has ended in the meantime.
    return false;
  }
}
