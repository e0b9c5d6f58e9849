// What the kernel says about a process: memory, CPU time, descriptors, children, its connections.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { libc } from "../../src/os/libc.ts";

/** /proc has CPU time in ticks of 1/100 s for all programs. */
const TICK_MICROS = 10_000;

/** Proportional set size in MB of 1,024 kB: a page that N processes share counts 1/N in each. */
export function pssMb(pid: number): number {
  return rollupMb(pid, "Pss");
}

/** The part of it that is no file: heaps and stacks, without the pages of the executable. */
export function anonymousPssMb(pid: number): number {
  return rollupMb(pid, "Pss_Anon");
}

function rollupMb(pid: number, key: "Pss" | "Pss_Anon"): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1]) / 1024;
}

/**
 * User and system time of all threads since the start of the process, to the nanosecond: what
 * /proc/PID/stat has is the same in ticks. 0 if there is no such process.
 */
export function cpuMicros(pid: number): number {
  // The number of the process's clock, as clock_getcpuclockid(3) gives it.
  const clock = (~pid << 3) | 2;
  const time = new BigInt64Array(2);
  if (libc().clock_gettime(clock, time) !== 0) return 0;
  const [seconds = 0n, nanoseconds = 0n] = time;
  return Number(seconds) * 1e6 + Number(nanoseconds) / 1e3;
}

/** What all processors have done since the boot, in ticks. */
export interface MachineTime {
  readonly idle: number;
  readonly all: number;
}

export function machineTime(): MachineTime {
  const [first = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user's already.
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0] = ticks;
  return { idle: idle + iowait, all: ticks.reduce((sum, some) => sum + some, 0) };
}

/** The share of all processors that was busy between two moments, 0 to 1. */
export function busyShare(before: MachineTime, after: MachineTime): number {
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

export function threadCount(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

interface ChildState {
  readonly pid: number;
  readonly isZombie: boolean;
}

export function childrenOf(parent: number): ChildState[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const fields = statFields(readOr(`/proc/${pid}/stat`, ""));
      if (Number(fields[1]) !== parent) return [];
      return [{ pid: Number(pid), isZombie: fields[0] === "Z" }];
    });
}

/**
 * CPU time of a process and of all that came from it, also of those that have ended. One that is
 * just ending may be missed.
 */
export function familyCpuMicros(pid: number): number {
  const own = cpuMicros(pid) + endedChildrenMicros(pid);
  return childrenOf(pid).reduce((sum, child) => sum + familyCpuMicros(child.pid), own);
}

/** CPU time of the children that have ended and were waited for, and of theirs. */
function endedChildrenMicros(pid: number): number {
  const fields = statFields(readOr(`/proc/${pid}/stat`, ""));
  const ticks = Number(fields[13] ?? 0) + Number(fields[14] ?? 0);
  // User and system time are rounded down to a tick each: half a tick for each is right on average.
  return ticks === 0 ? 0 : (ticks + 1) * TICK_MICROS;
}

/** PSS of a process and of all that came from it. */
export function familyPssMb(pid: number): number {
  const alive = childrenOf(pid).filter(({ isZombie }) => !isZombie);
  return alive.reduce((sum, child) => sum + familyPssMb(child.pid), pssMb(pid));
}

/** Which of the processes holds the server's end of each connection to a port, by client port. */
export function connectionOwners(port: number, pids: readonly number[]): Map<number, number> {
  const owners = new Map<string, number>();
  for (const pid of pids) {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(pid, fd))?.[1];
      if (inode !== undefined) owners.set(inode, pid);
    }
  }
  const byClientPort = new Map<number, number>();
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const [, local = "", remote = "", , , , , , , inode = ""] = line.trim().split(/\s+/);
    const owner = owners.get(inode);
    if (portOf(local) === port && owner !== undefined) byClientPort.set(portOf(remote), owner);
  }
  return byClientPort;
}

/** The port of an address as /proc/net/tcp writes it, such as `0100007F:1F90`. */
function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(":") + 1), 16);
}

/** The fields of /proc/PID/stat from the state on, which follows the name in parentheses. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return ""; // Closed since the folder was read.
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise; // The process has ended since the folder was read.
  }
}
