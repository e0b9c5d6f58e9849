// The processes that a worker's app has started, and that are to end with it. Nothing else would
// end them at a reload: a service manager ends what is left only when the whole server stops.
import { readdirSync, readFileSync } from "node:fs";
import { here } from "../platform.ts";

/** A process that runs. */
export interface Child {
  readonly pid: number;
  /** As the kernel knows it: at most 15 characters. */
  readonly name: string;
}

/** What proc(5)'s stat says of a process. */
interface Stat extends Child {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * The children of a process that share its process group and session. One that was started
 * `detached`, or has made itself a daemon, has its own: it is meant to live on. None where the
 * kernel does not tell.
 */
export function childrenOf(pid: number): Child[] {
  if (!here.hasProc) return [];
  try {
    const own = statOf(pid);
    const threads = readdirSync(`/proc/${pid}/task`);
    const pids = threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").slice(0, -1),
    );
    return pids.flatMap((child) => {
      const stat = statOf(Number(child));
      const belongs = stat?.group === own?.group && stat?.session === own?.session;
      const runs = stat !== undefined && stat.state !== "Z" && stat.state !== "X";
      return runs && belongs && stat.parent === pid ? [{ pid: stat.pid, name: stat.name }] : [];
    });
  } catch {
    // The process has ended.
    return [];
  }
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name may have spaces and brackets in it.
    const [from, to] = [text.indexOf("("), text.lastIndexOf(")")];
    const [state = "", parent, group, session] = text.slice(to + 2).split(" ");
    const name = text.slice(from + 1, to);
    return {
      pid,
      name,
      state,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
    };
  } catch {
    return undefined;
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
