// A log file that workers write who run as another user than their master. The user may make it in
// a folder of its own. In a folder where only root may write, such as /var/log, root makes it and
// gives it away. Anywhere else somebody could have put a link in its place, and root would give
// away what that leads to.
import { closeSync, constants, fchownSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { closedTo, isRootsAlone, permits, WRITE } from "../os/permissions.ts";
import type { Identity } from "../os/privileges.ts";
import { refusal } from "../os/refusal.ts";

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
/** As the usual rules for logrotate have it. */
const MODE = 0o640;
const NEW = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW;

/** Makes sure that a user can append to a file. Returns why not, if it cannot. */
export function makeFileFor(user: Identity, file: string): string | undefined {
  try {
    const problem = obstacle(user, file);
    if (problem === undefined && isOursToMake(user, file)) {
      const descriptor = openSync(file, NEW, MODE);
      fchownSync(descriptor, user.uid, user.gid);
      closeSync(descriptor);
    }
    return problem && `cannot open ${file}: ${problem}`;
  } catch (error) {
    return `cannot open ${file}: ${refusal(error, file)}`;
  }
}

/** Why a user could not append to a file that we would make if we had to; undefined: it could. */
export function fileProblemFor(user: Identity, file: string): string | undefined {
  try {
    return obstacle(user, file);
  } catch (error) {
    return refusal(error, file);
  }
}

function obstacle(user: Identity, file: string): string | undefined {
  const folder = dirname(file);
  const closed = closedTo(folder, user);
  const refused = (what: string, path: string): string =>
    `${user.name} may not ${what} ${path}: chown or chmod it`;
  if (closed !== undefined) return refused("enter", closed);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined) return permits(found, user, WRITE) ? undefined : refused("write", file);
  const canBeMade = permits(statSync(folder), user, WRITE) || isRootsAlone(folder);
  return canBeMade ? undefined : refused("write to", folder);
}

function isOursToMake(user: Identity, file: string): boolean {
  const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
  return !isThere && !permits(statSync(dirname(file)), user, WRITE);
}
