// The first life of a worker's process, where workers run as another user: as root it does nothing
// but become that user, and then the worker, which starts as if that user had started it. It runs
// in `/`, without the variables that the configuration has for workers, so that nothing that the
// user may write has been looked at before.
import { accessSync, constants, writeSync } from "node:fs";
import { LISTENER_CHANNEL, PAGE, SERVER_STDOUT, WORKER_CHANNEL } from "../ipc/inherited.ts";
import type { FromWorker } from "../ipc/messages.ts";
import { BECOME_VARIABLE, type Become } from "../os/become.ts";
import { keepOpen, replaceProcess } from "../os/exec.ts";
import { closedFolder } from "../os/paths.ts";
import { becomeUser } from "../os/privileges.ts";
import { explain } from "../os/shortage.ts";

/** Bun marks what it finds open, so that its children do not have it. */
const INHERITED = [LISTENER_CHANNEL, PAGE, SERVER_STDOUT, WORKER_CHANNEL];

const OWN_EXECUTABLE = "/proc/self/exe";

/**
 * Becomes the user and the worker; returns only if that has failed, and the master has been told.
 * @param order as JSON
 */
export function becomeWorker(order: string, argv: readonly string[]): void {
  const { identity, folder, variables } = JSON.parse(order) as Become;
  try {
    becomeUser(identity);
    enter(folder, identity.name);
    mayRun(identity.name);
    for (const descriptor of INHERITED) keepOpen(descriptor);
    replaceProcess(OWN_EXECUTABLE, ["pounce", ...argv], {
      ...variables,
      [BECOME_VARIABLE]: undefined,
    });
  } catch (error) {
    const reason = `user ${identity.name}: ${explain(error)}`;
    const message = { type: "failed", reason } satisfies FromWorker;
    writeSync(WORKER_CHANNEL, `${JSON.stringify(message)}\n`);
  }
}

function enter(folder: string, user: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    const closed = closedFolder(folder);
    if (closed === undefined) throw error;
    throw refused(`may not enter ${closed}, for ${folder}`, user, closed);
  }
}

function mayRun(user: string): void {
  try {
    accessSync(OWN_EXECUTABLE, constants.R_OK | constants.X_OK);
  } catch {
    throw refused("may not read and execute pounce itself", user, process.execPath);
  }
}

/** With a code, it is shown without a stack: the message says it all. */
function refused(what: string, user: string, path: string): Error {
  const words = `it ${what}: chmod or chown ${path} so that ${user} may`;
  return Object.assign(new Error(words), { code: "EACCES" });
}
