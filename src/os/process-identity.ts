// A process told apart from a later one with the same number.
import { readFileSync } from "node:fs";
import { here } from "../platform.ts";

/** Fixed for all programs, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100;

/**
 * A process by its number and the time at which it was started, in whatever way the system tells
 * it.
 */
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

/** The start time of a process; undefined: it has ended, be it that it waits to be reaped. */
function startOf(pid: number): string | undefined {
  return here.hasProc ? startInProc(pid) : startByPs(pid);
}

/** Where there is no /proc, `ps` knows. */
function startByPs(pid: number): string | undefined {
  const { stdout } = Bun.spawnSync(["ps", "-o", "stat=,lstart=", "-p", String(pid)]);
  const line = stdout.toString().trim();
  return line === "" || line.startsWith("Z") ? undefined : line.replace(/^\S+\s+/, "");
}

/** In ticks of the kernel's clock (the 22nd field of proc(5)'s stat, the state is the third). */
function startInProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * Whether a process that runs is a pounce master; one that cannot be looked at is taken for one.
 */
export function isMaster(pid: number): boolean {
  if (!isRunning(identify(pid))) return false;
  if (!here.hasProc) {
    return Bun.spawnSync(["ps", "-o", "command=", "-p", String(pid)]).stdout.includes("pounce");
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("pounce master ");
  } catch {
    return true;
  }
}

/**
 * When a process was started, in milliseconds of the wall clock; undefined where that is not known.
 */
export function startedMs(pid: number): number | undefined {
  const ticks = here.hasProc ? startInProc(pid) : undefined;
  if (ticks === undefined) return undefined;
  const bootSeconds = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1];
  return (Number(bootSeconds) + Number(ticks) / TICKS_PER_SECOND) * 1000;
}
