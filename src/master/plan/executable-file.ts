// The file that workers are started from. It is held open: whoever replaces it on the disk, to
// deploy or to install another version, does not change what a worker that takes a crashed one's
// place runs.
//
// Plain pounce holds the file of the master itself, so that both are the same version until a
// restart or a handover. An executable with an app inside holds one file for each generation, as it
// was when that began.
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { absolutePath } from "../../os/paths.ts";
import { here } from "../../platform.ts";

export class ExecutableFiles {
  /** Descriptors by generation; plain pounce has one, of generation 0. */
  readonly #open = new Map<number, number>();

  /**
   * @param path where the executable is looked up, see `invokedPath`
   * @param perGeneration whether each generation has the file that is there when it begins
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
      // It is gone, which spawning tells, or may be run and not read.
      return this.path;
    }
  }

  /** Closes the file of a generation of which no worker is left. */
  forget(generation: number): void {
    const descriptor = this.perGeneration ? this.#open.get(generation) : undefined;
    if (descriptor === undefined) return;
    closeSync(descriptor);
    this.#open.delete(generation);
  }
}

/**
 * Whether a child may look at our descriptors: not where the file has capabilities of its own,
 * which has the kernel give /proc/PID/fd to root, nor where /proc is of another pid namespace. A
 * child that has not become another program yet can always look at its copies, but an emulator
 * looks once more when it has.
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
 * The path by which this executable was called, its links left in, so that moving a link deploys
 * what it leads to then. Where the name was found on the PATH or says nothing, the real path.
 *
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
