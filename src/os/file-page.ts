// A page of memory that the master and a worker share, where there is no memfd: a file that only
// this user can open, and that the worker removes as soon as it has mapped it.
import { closeSync, ftruncateSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface FilePage {
  readonly descriptor: number;
  readonly path: string;
}

/** A page of zeros. Throws where no file can be made. */
export function createFilePage(bytes: number): FilePage {
  const path = join(tmpdir(), `pounce-page-${crypto.randomUUID()}`);
  // The file must be new: whoever made an existing one could have it open.
  const descriptor = openSync(path, "wx+", 0o600);
  try {
    ftruncateSync(descriptor, bytes);
    return { descriptor, path };
  } catch (error) {
    closeSync(descriptor);
    removeFile(path);
    throw error;
  }
}

/** Removes the name; does nothing if it is gone already. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
}

/** Maps a page for the life of the process, and removes its name. Throws. */
export function mapFile(path: string): Float64Array {
  try {
    return new Float64Array(Bun.mmap(path).buffer);
  } finally {
    removeFile(path);
  }
}
