// Reads the text of a file that a user has named.
import { readFileSync, statSync } from "node:fs";

/** Why a file cannot be read, by the system's code. */
const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file: a part of the path is not a folder",
  EACCES: "permission denied",
  EMFILE: "too many open files (raise the limit: ulimit -n)",
  ELOOP: "its symlinks form a loop",
};

/** The largest file that is read: nobody writes larger settings. */
const MOST_BYTES = 1024 * 1024;

/** The whole text of a file, or why it cannot be read, in a few words. */
export function readText(path: string): string | { readonly error: string } {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) {
      // A pipe gives its text once, but a reload reads the file again.
      return { error: stats.isDirectory() ? "is a folder, not a file" : "is not a regular file" };
    }
    if (stats.size > MOST_BYTES) return { error: "is larger than 1 MiB" };
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) return { error: "is not UTF-8 text" };
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { error: READ_ERRORS[code] ?? `cannot be read (${code})` };
  }
}
