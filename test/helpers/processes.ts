// Looks at processes through /proc: whose child each is, its name, whether it is still running.
import { readdirSync, readFileSync } from "node:fs";
import { hasEnded, statOf } from "../../src/os/process-stat.ts";

/** The environment variable by which a test finds all processes of its server, orphans too. */
export const TAG = "TEST_SERVER_TAG";

export interface WorkerProcess {
  pid: number;
  id: number;
  generation: number;
  slot: number;
}

/** False for a process that is gone or waits to be reaped. */
export function isRunning(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && !hasEnded(stat);
}

/** All running processes whose environment carries the tag. */
export function taggedProcesses(tag: string): number[] {
  const entry = `${TAG}=${tag}`;
  return allPids().filter(
    (pid) => isRunning(pid) && read(pid, "environ")?.split("\0").includes(entry) === true,
  );
}

/** The running `pounce worker …` among the given processes, by id. */
export function workersAmong(pids: readonly number[]): WorkerProcess[] {
  return pids.flatMap(asWorker).toSorted((a, b) => a.id - b.id);
}

/** The running direct children of a process. */
export function childrenOf(parent: number): number[] {
  return allPids().filter((pid) => statOf(pid)?.parent === parent && isRunning(pid));
}

/**
 * Resolves when none of the processes runs any more. There is no event for another process's child.
 */
export async function untilGone(pids: readonly number[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const left = pids.filter(isRunning);
    if (left.length === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`still running after ${timeoutMs} ms: ${left.map(describe).join(", ")}`);
    }
    await Bun.sleep(20);
  }
}

/** Ends processes at once; those that are already gone are not an error. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  }
}

function asWorker(pid: number): WorkerProcess[] {
  const name = commandLine(pid);
  const parts = /pounce worker (\d+) generation (\d+) slot (\d+)/.exec(name);
  if (parts === null) return [];
  return [{ pid, id: Number(parts[1]), generation: Number(parts[2]), slot: Number(parts[3]) }];
}

export function commandLine(pid: number): string {
  return (read(pid, "cmdline") ?? "").replaceAll("\0", " ").trim();
}

function describe(pid: number): string {
  return `${pid} (${commandLine(pid)})`;
}

function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(pid: number, file: "environ" | "cmdline"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
