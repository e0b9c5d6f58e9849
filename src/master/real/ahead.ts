// The process that waits for its worker, and the file that it was started from. A master has one,
// which may be started before anything else of the master is loaded.
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { embeddedApp } from "../../embedded-app.ts";
import { absolutePath } from "../../os/paths.ts";
import { here } from "../../platform.ts";
import type { AppPlace } from "../../tsconfig/start-folder.ts";
import { isSuccessor } from "../handover/environment.ts";
import { ExecutableFiles, invokedPath } from "../plan/executable-file.ts";
import { ProcessAhead } from "../workers/ahead.ts";
import { processStart } from "../workers/start-process.ts";
import { realPages } from "./pages.ts";

export const ahead = new ProcessAhead(realPages);

let files: ExecutableFiles | undefined;

/**
 * The files that workers are started from.
 * @param cwd the working directory as the shell names it
 */
export function executableFiles(cwd: string): ExecutableFiles {
  const { argv0, execPath } = process;
  files ??= new ExecutableFiles(invokedPath(argv0, cwd, execPath), embeddedApp() !== undefined);
  return files;
}

/** Where an app probably is, before the configuration is read. */
export interface Guess {
  readonly cwd: string;
  /** The configuration file, as it was given. */
  readonly config: string | undefined;
  /** The module of the app, as it was given. */
  readonly module: string | undefined;
}

/**
 * Starts the process of the server's first worker. What a configuration says of its environment and
 * its folder is not known yet: where it says something, the process will not be used.
 */
export function beginFirst({ cwd, config, module }: Guess): void {
  // A successor's first worker has another number, and an app inside may be another by then.
  if (!here.hasLibc || embeddedApp() !== undefined || isSuccessor()) return;
  try {
    const base = config === undefined ? cwd : dirname(absolutePath(cwd, config));
    const app: AppPlace = {
      label: module ?? config,
      isEmbedded: false,
      file: undefined,
      module: module ?? config ?? "",
      base: cwd,
    };
    const folder = realpathSync(base);
    const settings = { app, folder, workerEnv: {}, slotVariable: undefined };
    const identity = { worker: 0, generation: 0, slot: 0 };
    const executable = executableFiles(cwd).of(0);
    ahead.begin(processStart(identity, settings, { executable, page: undefined, stdout: 1 }));
  } catch {
    // There is no such folder: the configuration will be refused.
  }
}
