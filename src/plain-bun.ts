// When an app starts `process.execPath` (as `fork` does), that should be Bun, not a second pounce.
// So a worker tells its app another path of the same executable, by which nobody calls pounce, and
// a process that is called by that path becomes Bun. This takes no variable: apps give their
// children whatever environment they like.

/**
 * The path of the executable that a process runs; its children that are called by it become Bun.
 * Only Linux has such a path.
 */
export function plainBunPath(pid: number): string {
  return `/proc/${pid}/exe`;
}

/** Whether a process that was called by `argv0` should become Bun. */
export function isCalledAsBun(argv0: string): boolean {
  return /^\/proc\/\d+\/exe$/.test(argv0);
}

/** Becomes Bun, with the arguments, the environment and the open files of this process. Throws. */
export async function becomeBun(argv0: string, args: readonly string[]): Promise<never> {
  const { replaceProcess } = await import("./os/exec.ts");
  return replaceProcess("/proc/self/exe", [argv0, ...args], { BUN_BE_BUN: "1" });
}
