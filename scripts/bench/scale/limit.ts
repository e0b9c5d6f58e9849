// How many connections one process may have: each is a descriptor, here and in a worker.
import { readFileSync } from "node:fs";

/** Of a process beside its connections, with room. */
const OTHERS = 200;

/** Why so many connections cannot be opened here by two clients to two workers, or undefined. */
export function whyNot(connections: number): string | undefined {
  const limits = readFileSync("/proc/self/limits", "utf8");
  // The hard limit: Bun raises the soft one to it.
  const most = /^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? "unlimited";
  // Chance may give one worker more than its half.
  const needed = Math.ceil(connections * 0.75) + OTHERS;
  if (most === "unlimited" || Number(most) >= needed) return undefined;
  return `${connections} connections need \`ulimit -Hn\` ${needed}, which is ${most} here`;
}
