// How many connections one process may have: each is a descriptor, here and in a worker.
import { readFileSync } from "node:fs";

/** Of a process beside its connections, with room. */
const OTHERS = 200;

/**
 * Why two clients cannot open so many connections to each of some servers with two workers here, or
 * undefined.
 */
export function whyNot(connections: number, servers: number): string | undefined {
  const limits = readFileSync("/proc/self/limits", "utf8");
  // The hard limit: Bun raises the soft one to it.
  const most = /^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? "unlimited";
  // A client has half of the connections to each server. Chance may give one worker more than half.
  const needed = Math.ceil(connections * Math.max(0.75, servers / 2)) + OTHERS;
  if (most === "unlimited" || Number(most) >= needed) return undefined;
  const what = `${connections} connections to each of ${servers} servers`;
  return `${what} need \`ulimit -Hn\` ${needed}, which is ${most} here`;
}
