// A process told apart from a later one with the same number.
import { readFileSync } from "node:fs";

/** A process by its number and the time at which it was started, in ticks of the kernel's clock. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string | undefined;
}

/** The process that has the number now. */
export function identify(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid) };
}

/** False for one that is gone or only waits to be reaped. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return started !== undefined && startOf(pid) === started;
}

/** The start time of a running process (the 22nd field of proc(5)'s stat, the state is the third). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
