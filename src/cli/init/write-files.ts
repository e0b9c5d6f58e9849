// Writes several files into a folder, either all of them or none.
import { linkSync, lstatSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { refusal } from "../../os/refusal.ts";

/** A file by its name in the folder. */
interface NewFile {
  readonly name: string;
  readonly text: string;
}

/** The paths that were written, or why none was, on one line. */
type Written =
  | { readonly ok: true; readonly paths: readonly string[] }
  | { readonly ok: false; readonly error: string };

/**
 * Writes the files. Looks at all their places before it writes the first, and completes all of them
 * under other names before the first gets its own.
 * @param folder created if missing
 * @param force replaces existing files, but never folders
 */
export function writeFiles(folder: string, files: readonly NewFile[], force: boolean): Written {
  const placed = files.map(({ name, text }) => {
    const path = join(folder, name);
    return { path, staged: `${path}.${crypto.randomUUID().slice(0, 8)}`, text };
  });
  const done: string[] = [];
  try {
    const obstacle = placed.flatMap(({ path }) => obstacleAt(path, force) ?? [])[0];
    if (obstacle !== undefined) return { ok: false, error: obstacle };
    mkdirSync(folder, { recursive: true });
    for (const { staged, text } of placed) writeFileSync(staged, text, { flag: "wx" });
    for (const { staged, path } of placed) {
      // Unlike a rename, a link never replaces a file, not even one that was made a moment ago.
      if (force) renameSync(staged, path);
      else linkSync(staged, path);
      done.push(path);
    }
    return { ok: true, paths: done };
  } catch (error) {
    if (!force) for (const path of done) unlinkQuietly(path);
    return { ok: false, error: `cannot write to ${folder}: ${refusal(error)}` };
  } finally {
    for (const { staged } of placed) unlinkQuietly(staged);
  }
}

/** What is in the way of a new file. A link is in the way even if it leads nowhere. */
function obstacleAt(path: string, force: boolean): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return `${path} is a folder`;
  return stats === undefined || force ? undefined : `${path} exists already; --force replaces it`;
}

/** The file may never have been made, or its folder may be a file. */
function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The error that matters has been returned already.
  }
}
