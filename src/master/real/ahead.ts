// The process that waits for its worker, and the file that it was started from. A master has one,
// which may be started before anything else of the master is loaded.
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { embeddedApp } from "../../embedded-app.ts";
import { absolutePath } from "../../os/paths.ts";
import { here } from "../../platform.ts";
import type { AppPlace } from "../../tsconfig/start-folder.ts";
import { isSuccessor } from "../handover/environment.ts";
import { workerArguments } from "../../ipc/worker-name.ts";
import type { ExpectedWorker } from "../surroundings.ts";
import { ExecutableFiles, invokedPath } from "../plan/executable-file.ts";
import { ProcessAhead } from "../workers/ahead.ts";
import { processStart, settingsOf } from "../workers/start-process.ts";
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

let expected: string | undefined;

/** Starts the process of a worker when it is first expected, and ends it when none is any more. */
export function expectWorker(worker: ExpectedWorker | undefined): void {
  const name = worker && workerArguments(worker.identity).join(" ");
  if (name === expected) return;
  expected = name;
  if (worker === undefined) return ahead.drop();
  const { identity, plan, executable } = worker;
  // Pipes for its output are made when it is spawned.
  if (!mayBegin() || plan.config.log.capture) return;
  const how = { executable, page: undefined, stdout: 1 };
  ahead.begin(processStart(identity, settingsOf(plan), how));
}

/** Not where an executable has no descriptor to start it by, or is replaced with the app in it. */
function mayBegin(): boolean {
  return here.hasLibc && embeddedApp() === undefined;
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
  // A successor's first worker has another number.
  if (!mayBegin() || isSuccessor()) return;
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
    const settings = { app, folder, workerEnv: {}, slotVariable: undefined, runsAs: undefined };
    const identity = { worker: 0, generation: 0, slot: 0 };
    const executable = executableFiles(cwd).of(0);
    ahead.begin(processStart(identity, settings, { executable, page: undefined, stdout: 1 }));
  } catch {
    // There is no such folder: the configuration will be refused.
  }
}
