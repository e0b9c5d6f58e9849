// The first life of a worker's process, where workers run as another user: as root it does nothing
// but become that user, and then the worker, which starts as if that user had started it. It runs
// in `/`, without the variables that the configuration has for workers, so that nothing that the
// user may write has been looked at before.
import { accessSync, constants, writeSync } from "node:fs";
import { LISTENER_CHANNEL, PAGE, SERVER_STDOUT, WORKER_CHANNEL } from "../ipc/inherited.ts";
import type { FromWorker } from "../ipc/messages.ts";
import { BECOME_VARIABLE, type Become } from "../os/become.ts";
import { enterAs, refusedTo } from "../os/enter.ts";
import { keepOpen, replaceProcess } from "../os/exec.ts";
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
    enterAs(folder, identity.name);
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

function mayRun(user: string): void {
  try {
    accessSync(OWN_EXECUTABLE, constants.R_OK | constants.X_OK);
  } catch {
    throw refusedTo(user, "may not read and execute pounce itself", process.execPath);
  }
}
