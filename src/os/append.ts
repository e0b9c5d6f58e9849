// Opens a file to append to it, as a log. Root must not be led to another one: who may write to the
// folder of a log, as the app's user often may, could put a link to any file of root's there.
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { here } from "../platform.ts";
import { O_PATH } from "./constants.ts";
import { isRootsAlone, rootsWay } from "./permissions.ts";
import { refused } from "./refusal.ts";
import { codeOf } from "./shortage.ts";

/** Without `O_NONBLOCK` a named pipe that nobody reads would block the whole process. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;

/**
 * Throws what the system says, or that somebody leads us away.
 * @param creates the file is made if it is missing
 */
export function openToAppend(path: string, creates = true): number {
  const flags = creates ? FLAGS | constants.O_CREAT : FLAGS;
  const folder = dirname(path);
  const isSafe = !isRealRoot() || isRootsAlone(folder);
  return isSafe ? openSync(path, flags) : openAmongOthers(folder, basename(path), flags);
}

/** In a user namespace of somebody else's, root can do no more than that user, and owns no `/`. */
function isRealRoot(): boolean {
  return process.geteuid?.() === 0 && here.hasLibc && statSync("/").uid === 0;
}

const ELSEWHERE = "others than root may lead this path elsewhere: name its folder itself";
const SECOND_NAME = "it has a second name, and others than root may have given it";
const LINK = "it is a link, and others than root may have made it: name what it leads to";

/** In a folder where others may write: what is opened is what was looked at. */
function openAmongOthers(folder: string, name: string, flags: number): number {
  const held = openSync(folder, O_PATH | constants.O_DIRECTORY);
  try {
    if (rootsWay(folder) === undefined && fstatSync(held).uid === 0) {
      throw refused(ELSEWHERE, "EPERM");
    }
    const file = openSync(`/proc/self/fd/${held}/${name}`, flags | constants.O_NOFOLLOW);
    const { nlink } = fstatSync(file);
    if (nlink <= 1) return file;
    closeSync(file);
    throw refused(SECOND_NAME, "EPERM");
  } catch (error) {
    if (codeOf(error) !== "ELOOP") throw error;
    throw refused(LINK, "EPERM");
  } finally {
    closeSync(held);
  }
}
