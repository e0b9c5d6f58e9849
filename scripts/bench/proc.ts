// What the kernel says about a process: memory, CPU time, descriptors, children, its connections.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The kernel reports CPU time in ticks of 1/100 s to all programs. */
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

/** User and system time since the start of the process. */
export function cpuMicros(pid: number): number {
  const fields = statFields(readFileSync(`/proc/${pid}/stat`, "utf8"));
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
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
