// Watches folders, not files: an editor replaces a file by another one, and a watch on the file
// would stay with the old one. A folder that is replaced itself is an event of the one above.
import { type FSWatcher, statSync, watch } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../os/shortage.ts";

interface Watched {
  readonly inode: number;
  readonly watcher: FSWatcher;
}

export class Folders {
  readonly #watched = new Map<string, Watched>();
  /** Those that the system does not let us watch. */
  readonly #refused = new Set<string>();

  /**
   * @param onEvent something has happened to what is at this path
   * @param onRefused the system watches no more of them; called once
   */
  constructor(
    readonly onEvent: (path: string) => void,
    readonly onRefused: (code: string) => void,
  ) {}

  get size(): number {
    return this.#watched.size;
  }

  /** Watches these and no others. A folder that has been replaced is watched anew. */
  set(folders: ReadonlySet<string>): void {
    for (const folder of this.#watched.keys()) if (!folders.has(folder)) this.#close(folder);
    for (const folder of folders) this.#open(folder);
  }

  close(): void {
    this.set(new Set());
  }

  #open(folder: string): void {
    const inode = statSync(folder, { throwIfNoEntry: false })?.ino;
    const before = this.#watched.get(folder);
    if (before?.inode === inode) return;
    if (before !== undefined) this.#close(folder);
    if (inode === undefined) return;
    try {
      const watcher = watch(folder, (_, name) =>
        this.onEvent(typeof name === "string" ? join(folder, name) : folder),
      );
      // It ends with its folder, which the folder above reports.
      watcher.on("error", () => this.#close(folder));
      this.#watched.set(folder, { inode, watcher });
    } catch (error) {
      this.#refuse(folder, codeOf(error) ?? String(error));
    }
  }

  #refuse(folder: string, code: string): void {
    // It has gone in between.
    if (code === "ENOENT") return;
    if (this.#refused.size === 0) this.onRefused(code);
    this.#refused.add(folder);
  }

  #close(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}
