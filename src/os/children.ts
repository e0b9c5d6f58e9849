// The processes that a worker's app has started, and that are to end with it. Nothing else would
// end them at a reload: a service manager ends what is left only when the whole server stops.
import { readdirSync, readFileSync } from "node:fs";
import { here } from "../platform.ts";
import { ECHILD, P_ALL, WEXITED, WNOHANG, WNOWAIT } from "./constants.ts";
import { errno, libc } from "./libc.ts";
import { hasEnded, type ProcessStat, statOf } from "./process-stat.ts";

/** A process that runs. */
export interface Child {
  readonly pid: number;
  /** As the kernel knows it: at most 15 characters. */
  readonly name: string;
}

/**
 * What a process has started, what that has started, and so on, as far as it shares the process
 * group and session. What was started `detached`, or has made itself a daemon, has its own: it is
 * meant to live on. None where the kernel does not tell.
 */
export function descendantsOf(pid: number): Child[] {
  if (!here.hasProc || (pid === process.pid && !hasChildren())) return [];
  const own = statOf(pid);
  return own === undefined ? [] : descendantsIn(own, pid);
}

/** Whether this process has any: most workers have none, and finding them takes a dozen files. */
function hasChildren(): boolean {
  const isKnown = libc().waitid(P_ALL, 0, null, WEXITED | WNOHANG | WNOWAIT) === 0;
  return isKnown || errno() !== ECHILD;
}

function descendantsIn(family: ProcessStat, pid: number): Child[] {
  return childPidsOf(pid).flatMap((childPid) => {
    const child = statOf(childPid);
    const belongs = child?.group === family.group && child.session === family.session;
    if (!belongs || child.parent !== pid) return [];
    const itself = hasEnded(child) ? [] : [{ pid: childPid, name: child.name }];
    return itself.concat(descendantsIn(family, childPid));
  });
}

function childPidsOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1")
        .split(" ")
        .slice(0, -1)
        .map(Number),
    );
  } catch {
    // The process has ended.
    return [];
  }
}

/** Sends TERM to each. Returns what the log says of it; undefined: there are none. */
export function endChildren(children: readonly Child[]): string | undefined {
  for (const { pid } of children) {
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      // It has ended in the meantime.
    }
  }
  if (children.length === 0) return undefined;
  const names = children.map(({ pid, name }) => `${pid} (${name})`).join(", ");
  return `sent TERM to what the app had started and left running: ${names}`;
}
