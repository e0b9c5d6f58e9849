// What another user may do with a file, judged by owner, group and mode, without becoming that
// user.
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Identity } from "./privileges.ts";

/** What may be asked for, as in a mode. */
export const WRITE = 2;
const ENTER = 1;

type Who = Pick<Identity, "uid" | "gid" | "groups">;

/** Whether a user may do that with a file that has these attributes. */
export function permits(
  { uid, gid, mode }: Pick<Stats, "uid" | "gid" | "mode">,
  who: Who,
  what: number,
): boolean {
  if (who.uid === 0) return true;
  if (who.uid === uid) return ((mode >> 6) & what) === what;
  const isMember = who.gid === gid || who.groups.includes(gid);
  return ((isMember ? mode >> 3 : mode) & what) === what;
}

/** The first folder on the way to `folder`, or it itself, that a user may not enter. Throws. */
export function closedTo(folder: string, who: Who): string | undefined {
  const real = realpathSync(folder);
  const above = dirname(real);
  const closed = above === real ? undefined : closedTo(above, who);
  return closed ?? (permits(statSync(real), who, ENTER) ? undefined : real);
}

/**
 * Whether nobody but root may put another file, or a link, in the place of one in `folder`, or lead
 * this path elsewhere. Throws.
 */
export function isRootsAlone(folder: string): boolean {
  const end = rootsWay(folder);
  return end !== undefined && isRoots(statSync(end));
}

/**
 * Whether nobody but root may change a file, or put another one in its place. Undefined: there is
 * none, or it may not be looked at.
 */
export function isRootsFile(path: string): boolean | undefined {
  try {
    const end = rootsWay(path);
    return end !== undefined && isRoots(statSync(end));
  } catch {
    return undefined;
  }
}

/** As many links as the kernel follows. */
const MOST_LINKS = 40;

/**
 * Where a path leads, if nobody but root may lead it elsewhere: all folders on the way are root's,
 * also those that its links lead through. What others may do in its last folder does not count.
 * Undefined: others may. Throws.
 */
export function rootsWay(path: string): string | undefined {
  let at = "/";
  let parts = split(resolve(path));
  for (let links = 0; links <= MOST_LINKS;) {
    const [name, ...rest] = parts;
    if (name === undefined) return at;
    const next = join(at, name);
    const [folder, found] = [statSync(at), lstatSync(next)];
    // In a folder for all, each has what it has made.
    if (!isRoots(folder, STICKY) || (!isRoots(folder) && found.uid !== 0)) return undefined;
    if (!found.isSymbolicLink()) {
      [at, parts] = [next, rest];
      continue;
    }
    const target = readlinkSync(next);
    if (isAbsolute(target)) at = "/";
    parts = [...split(target), ...rest];
    links++;
  }
  return undefined;
}

function split(path: string): string[] {
  return path.split("/").filter((it) => it !== "" && it !== ".");
}

/** In such a folder everybody may make files, and replace their own. */
const STICKY = 0o1000;
const OF_OTHERS = 0o022;

/** @param allowed bits of the mode with which it does not matter that others may write */
function isRoots({ uid, mode }: Pick<Stats, "uid" | "mode">, allowed = 0): boolean {
  return uid === 0 && ((mode & OF_OTHERS) === 0 || (mode & allowed) !== 0);
}
