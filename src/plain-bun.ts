// What an app starts by `process.execPath` (`fork` does too) is to be Bun, and not a second pounce.
// So a worker tells its app another path of the same executable, by which nobody calls pounce, and
// a process that is called by it becomes Bun. No variable is needed for it: apps give children the
// environment they like.

/**
 * The path of the executable that a process runs, for its children to become Bun. Linux alone has
 * it.
 */
export function plainBunPath(pid: number): string {
  return `/proc/${pid}/exe`;
}

/** Whether a process that was called by `argv0` is to become Bun. */
export function isCalledAsBun(argv0: string): boolean {
  return /^\/proc\/\d+\/exe$/.test(argv0);
}

/** Becomes Bun, with the arguments, the environment and the open files of this process. Throws. */
export async function becomeBun(argv0: string, args: readonly string[]): Promise<never> {
  const { replaceProcess } = await import("./os/exec.ts");
  return replaceProcess("/proc/self/exe", [argv0, ...args], { BUN_BE_BUN: "1" });
}
