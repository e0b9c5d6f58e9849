// The file that workers are started from. It is held open: if the file on disk is replaced, to
// deploy or to install another version, a worker that replaces a crashed one still runs the same
// file.
//
// Plain pounce holds the file of the master itself, so that both have the same version until a
// restart or a handover. An executable with an app inside holds one file per generation, as it was
// when the generation started.
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { absolutePath } from "../../os/paths.ts";
import { here } from "../../platform.ts";

export class ExecutableFiles {
  /** Descriptors by generation; plain pounce has only that of generation 0. */
  readonly #open = new Map<number, number>();

  /**
   * @param path where the executable is looked up, see `invokedPath`
   * @param perGeneration whether each generation uses the file that is there when it starts
   */
  constructor(
    readonly path: string,
    readonly perGeneration: boolean,
  ) {}

  /** What to spawn for a worker of that generation. */
  of(generation: number): string {
    // A file is started by its descriptor through /proc.
    if (!here.hasProc) return this.path;
    const key = this.perGeneration ? generation : 0;
    try {
      const descriptor = this.#open.get(key) ?? openSync(this.path, "r");
      this.#open.set(key, descriptor);
      return `/proc/${isOpenToChildren(descriptor) ? process.pid : "self"}/fd/${descriptor}`;
    } catch {
      // It is gone, which spawning will report, or it may be executed but not read.
      return this.path;
    }
  }

  /** Closes the file of a generation that has no workers left. */
  forget(generation: number): void {
    const descriptor = this.perGeneration ? this.#open.get(generation) : undefined;
    if (descriptor === undefined) return;
    closeSync(descriptor);
    this.#open.delete(generation);
  }
}

/**
 * Whether a child may look at our descriptors. It may not if the file has capabilities of its own,
 * because the kernel then gives /proc/PID/fd to root, or if /proc belongs to another pid namespace.
 * A child that has not yet become another program can always look at its copies, but an emulator
 * looks again after that.
 */
function isOpenToChildren(descriptor: number): boolean {
  const ours = `/proc/${process.pid}/fd`;
  try {
    const isOurs = statSync(`${ours}/${descriptor}`).ino === fstatSync(descriptor).ino;
    return isOurs && statSync(ours).uid === process.geteuid?.();
  } catch {
    return false;
  }
}

/**
 * The path by which this executable was called, with its links, so that moving a link deploys what
 * it then leads to. If the name was found on the PATH or says nothing, the real path.
 * @param argv0 the name that the shell or supervisor called it by
 */
export function invokedPath(argv0: string, cwd: string, realPath: string): string {
  if (!argv0.includes("/")) return realPath;
  const path = absolutePath(cwd, argv0);
  try {
    const [named, real] = [statSync(path), statSync(realPath)];
    return named.dev === real.dev && named.ino === real.ino ? path : realPath;
  } catch {
    return realPath;
  }
}
