// What the kernel tells of a process in proc(5)'s stat, and whether the process has ended.
import { readFileSync } from "node:fs";

export interface ProcessStat {
  readonly pid: number;
  /** As the kernel knows it: at most 15 characters. */
  readonly name: string;
  /** One letter. Of the first thread. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Those that have not ended, and the first one in any case. */
  readonly threads: number;
  /** When it was started, in ticks of the kernel's clock. */
  readonly started: string;
}

/** `undefined`: there is no such process, or it has just been reaped. */
export function statOf(pid: number | string): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name may have spaces and brackets in it.
    const [from, to] = [text.indexOf("("), text.lastIndexOf(")")];
    const fields = text.slice(to + 2).split(" ");
    const [state = "", parent, group, session] = fields;
    return {
      pid: Number(pid),
      name: text.slice(from + 1, to),
      state,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      threads: Number(fields[17]),
      started: fields[19] ?? "",
    };
  } catch {
    return undefined;
  }
}

/**
 * Whether a process has ended, though it may wait to be reaped. One whose first thread has ended is
 * said to wait for that at once. But its files, listeners among them, are closed by whichever
 * thread ends last, after it has given back the memory: on a busy machine, or if there is much of
 * that, a tenth of a second later.
 */
export function hasEnded({ state, threads }: ProcessStat): boolean {
  return state === "X" || (state === "Z" && threads <= 1);
}
