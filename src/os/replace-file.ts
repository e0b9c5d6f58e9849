// Puts a file in its place in one step. It is written in full beside its place, under a name that
// nobody can guess, and then renamed. So nobody ever sees half a file, and a link that somebody has
// put there (in /tmp everybody may) is replaced, never followed.
import { linkSync, lstatSync, renameSync, rmSync, type Stats, writeFileSync } from "node:fs";
import { refusal } from "./refusal.ts";

/**
 * Makes a file with `make`, which must fail if there is one already, and gives it its name.
 * @param isNew fail if there is a file by then
 * @returns what is wrong; undefined if it worked
 */
export function replaceFile(
  path: string,
  make: (temporary: string) => void,
  isNew = false,
): string | undefined {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    make(temporary);
    // Unlike a rename, a link never replaces a file, not even one that has just appeared.
    if (isNew) linkSync(temporary, path);
    else renameSync(temporary, path);
    return undefined;
  } catch (error) {
    return refusal(error);
  } finally {
    removeQuietly(temporary);
  }
}

/** Makes a file with a text. Throws if the name exists, even as a link. */
export function writeNewFile(path: string, text: string, mode: number): void {
  writeFileSync(path, text, { mode, flag: "wx" });
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The failure itself has been reported already.
  }
}

/**
 * What has that name, without following links; undefined if nothing has, or it may not be looked
 * at.
 */
export function statsAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
