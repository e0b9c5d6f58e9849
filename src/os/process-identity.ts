// Tells a process from a later one with the same number.
import { readFileSync } from "node:fs";
import { here } from "../platform.ts";
import { hasEnded, statOf } from "./process-stat.ts";

/** The same for all programs, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100;

/** A process by its number and its start time, in whatever form the system gives that. */
interface ProcessIdentity {
  readonly pid: number;
  readonly started: string | undefined;
}

/** The process that has the number now. */
export function identify(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid) };
}

/** False for a process that is gone or waits to be reaped. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return started !== undefined && startOf(pid) === started;
}

/** The start time of a process; undefined if it has ended, even if it still waits to be reaped. */
function startOf(pid: number): string | undefined {
  return here.hasProc ? startInProc(pid) : startByPs(pid);
}

/** Asks `ps`, where there is no /proc. */
function startByPs(pid: number): string | undefined {
  const { stdout } = Bun.spawnSync(["ps", "-o", "stat=,lstart=", "-p", String(pid)]);
  const line = stdout.toString().trim();
  return line === "" || line.startsWith("Z") ? undefined : line.replace(/^\S+\s+/, "");
}

/** In ticks of the kernel's clock. */
function startInProc(pid: number): string | undefined {
  const stat = statOf(pid);
  return stat === undefined || hasEnded(stat) ? undefined : stat.started;
}

/**
 * Whether a running process is a pounce master; a process that cannot be looked at counts as one.
 */
export function isMaster(pid: number): boolean {
  if (!isRunning(identify(pid))) return false;
  if (!here.hasProc) {
    return Bun.spawnSync(["ps", "-o", "command=", "-p", String(pid)]).stdout.includes("pounce");
  }
  try {
    return /^pounce (master|dev) /.test(readFileSync(`/proc/${pid}/cmdline`, "latin1"));
  } catch {
    return true;
  }
}

/** When a process was started, in milliseconds of the wall clock; undefined if unknown. */
export function startedMs(pid: number): number | undefined {
  const ticks = here.hasProc ? startInProc(pid) : undefined;
  if (ticks === undefined) return undefined;
  const bootSeconds = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1];
  return (Number(bootSeconds) + Number(ticks) / TICKS_PER_SECOND) * 1000;
}
