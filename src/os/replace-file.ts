// Puts a file in its place in one step: it is made whole beside it, under a name that nobody can
// know before, and gets its own name then. So what is there is never half of something, and a link
// that somebody has put there (in /tmp everybody may) is replaced, never followed.
import { linkSync, lstatSync, renameSync, rmSync, type Stats, writeFileSync } from "node:fs";
import { refusal } from "./refusal.ts";

/**
 * Makes a file with `make`, which must fail where there is one already, and gives it its name.
 *
 * @param isNew fail if there is a file by then
 * @returns what is wrong; undefined when it is there
 */
export function replaceFile(
  path: string,
  make: (temporary: string) => void,
  isNew = false,
): string | undefined {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    make(temporary);
    // Unlike a new name, a link never replaces a file, not even one that has come meanwhile.
    if (isNew) linkSync(temporary, path);
    else renameSync(temporary, path);
    return undefined;
  } catch (error) {
    return refusal(error);
  } finally {
    removeQuietly(temporary);
  }
}

/** Makes a file with a text. Throws if there is one, be it a link. */
export function writeNewFile(path: string, text: string, mode: number): void {
  writeFileSync(path, text, { mode, flag: "wx" });
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Whatever is in the way has been told already.
  }
}

/** What has that name, be it a link; undefined: nothing, or it may not be looked at. */
export function statsAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
