// Paths as the shell names them. Links are never resolved here: a path is looked up again at each
// use, so that pointing `current` at a new release and reloading deploys it.
import { accessSync, constants, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";

/** The working directory is gone, and its name is unknown. */
export class FolderGone extends Error {
  constructor(cause: unknown) {
    super("the working directory has been deleted (ENOENT): change to one that exists", { cause });
  }
}

/**
 * The working directory as the shell names it: `$PWD` when that is the same folder, so that a
 * symlink stays one, or when the folder itself has been deleted and only its name is left.
 *
 * @param pwd the variable PWD
 * @param physicalCwd asks the system, which throws when the folder has been deleted
 * @returns an absolute path
 * @throws `FolderGone` when `$PWD` does not help either
 */
export function logicalCwd(
  pwd: string | undefined,
  physicalCwd: () => string = process.cwd,
): string {
  // POSIX wants a PWD without "." and "..": if it has them, no shell wrote it.
  const named = pwd?.startsWith("/") && !/\/\.\.?(\/|$)/.test(pwd) ? pwd : undefined;
  let physical: string;
  try {
    physical = physicalCwd();
  } catch (error) {
    if (named === undefined) throw new FolderGone(error);
    return named;
  }
  return named !== undefined && isSameFolder(named, physical) ? named : physical;
}

function isSameFolder(one: string, other: string): boolean {
  const [a, b] = [statsOf(one), statsOf(other)];
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** True when the path leads to a folder now. */
export function isFolder(path: string): boolean {
  return statsOf(path)?.isDirectory() ?? false;
}

/** True when the path leads to a regular file now. */
export function isFile(path: string): boolean {
  return statsOf(path)?.isFile() ?? false;
}

/**
 * The first folder of a path that this user may not enter; undefined if there is none, or if the
 * path ends before.
 */
export function closedFolder(folder: string): string | undefined {
  const above = dirname(folder);
  const closed = above === folder ? undefined : closedFolder(above);
  if (closed !== undefined) return closed;
  try {
    accessSync(folder, constants.X_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES"
      ? folder
      : undefined;
  }
}

/** Whether this user may not see what is in a folder. */
export function isUnlisted(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES";
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Makes a path absolute. Unlike `path.resolve` it keeps "..": in `current/../shared` the kernel
 * goes up from where the link `current` leads, and dropping both names would lead elsewhere.
 * @param base an absolute folder
 */
export function absolutePath(base: string, path: string): string {
  const joined = path.startsWith("/") ? path : `${base}/${path}`;
  const segments = joined.split("/").filter((segment) => segment !== "" && segment !== ".");
  return `/${segments.join("/")}`;
}

/**
 * A module as Bun resolves it from a folder: what is neither relative nor absolute would be a
 * package, such as `app` and `.output/server/index.mjs`.
 */
export function relativeModule(module: string): string {
  return /^\.{0,2}\//.test(module) ? module : `./${module}`;
}
