// Enters a folder as another user than the one that configured it.
import { closedFolder } from "./paths.ts";

/** Throws, saying what to do. @param user the name of this process's user */
export function enterAs(folder: string, user: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    const closed = closedFolder(folder);
    if (closed === undefined) throw error;
    throw refusedTo(user, `may not enter ${closed}, for ${folder}`, closed);
  }
}

/**
 * With a code, it is shown without a stack: the message says it all.
 * @param what it may not do
 */
export function refusedTo(user: string, what: string, path: string): Error {
  const words = `it ${what}: chmod or chown ${path} so that ${user} may`;
  return Object.assign(new Error(words), { code: "EACCES" });
}
