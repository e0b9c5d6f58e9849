// The links of a project that its modules were loaded through. Bun knows a module by its real path,
// so no watched file changes when a link is pointed elsewhere, as a build does that makes a folder
// of links.
import { readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

export class Links {
  /** Where each leads, with all links resolved; undefined: nowhere. */
  readonly #targets = new Map<string, string | undefined>();

  has(path: string): boolean {
    return this.#targets.has(path);
  }

  /** Those that lead elsewhere than when they were last looked at. */
  get moved(): string[] {
    return [...this.#targets].flatMap(([path, target]) =>
      realPathOf(path) === target ? [] : [path],
    );
  }

  /**
   * Takes note of the links beside `files`.
   * @param matters whether what a link leads to does
   */
  find(files: Iterable<string>, matters: (path: string) => boolean): void {
    for (const folder of new Set([...files].map((file) => dirname(file)))) {
      for (const path of linksIn(folder)) {
        const target = realPathOf(path);
        const isNew = target !== undefined && !this.#targets.has(path);
        if (isNew && matters(target)) this.#targets.set(path, target);
      }
    }
  }

  /** Looks where a link leads now. Returns whether that is elsewhere than before. */
  look(path: string): boolean {
    const target = realPathOf(path);
    const hasMoved = target !== this.#targets.get(path);
    this.#targets.set(path, target);
    return hasMoved;
  }
}

function linksIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((it) => (it.isSymbolicLink() ? [join(folder, it.name)] : []));
  } catch {
    return [];
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
