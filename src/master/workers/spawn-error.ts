// Why a worker could not be spawned. The system has one name for several reasons, and blames the
// executable for all of them.
import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { isFolder } from "../../os/paths.ts";
import { codeOf } from "../../os/shortage.ts";

/** How we tried to start the worker. */
interface Attempt {
  readonly executable: string;
  readonly folder: string;
}

/** The error, or a better one that says what is wrong and what to do about it. */
export function explainSpawn(error: unknown, { executable, folder }: Attempt): unknown {
  const words = reasonFor(codeOf(error), executable, folder);
  // With a code, the error is shown without a stack: the message says it all.
  return words === undefined ? error : Object.assign(new Error(words), { code: "ESPAWN" });
}

function reasonFor(
  code: string | undefined,
  executable: string,
  folder: string,
): string | undefined {
  // Bun opens it for a process that gets no input.
  if (statSync("/dev/null", { throwIfNoEntry: false })?.isCharacterDevice() !== true) {
    return "there is no /dev/null: mount /dev into the container or chroot";
  }
  if (code === "EAGAIN") {
    return "too many processes: raise the limit with ulimit -u, or TasksMax= in the systemd unit";
  }
  if (code !== "ENOENT" && code !== "EACCES" && code !== "ENOTDIR") return undefined;
  if (!isFolder(folder)) {
    return (
      `its working directory ${folder} is gone: restore it, or change ` +
      "working_directory and reload"
    );
  }
  if (!isAllowed(folder)) {
    return `its working directory ${folder} may not be entered: chmod or chown it`;
  }
  if (!existsSync(executable)) return `the executable ${executable} is gone: put it back`;
  if (!isAllowed(executable)) {
    return (
      `the executable ${nameOf(executable)} may not be executed: ` +
      "chmod +x it, and check that its file system is not mounted noexec"
    );
  }
  return undefined;
}

/** A file that is started by its descriptor has a name as well. */
function nameOf(executable: string): string {
  try {
    return realpathSync(executable);
  } catch {
    return executable;
  }
}

function isAllowed(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
