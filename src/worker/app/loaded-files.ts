// Which files the app of this process was loaded from: all that Bun has in its registry of modules,
// whatever their kind and however they were imported, and those that its pages are bundled from.
// Files of installed packages are left out. Bun documents `require.cache` for CommonJS alone; that
// it lists the others as well is tested.
import { resolve } from "node:path";

/** How soon a module that is imported later is noticed. */
const LOOK_MS = 150;

/** Files of pounce itself, in its executable, and those of installed packages. */
const NOT_OF_APP = /^\/\$bunfs\/|\/node_modules\/|^(?!\/)/;

export class LoadedFiles {
  readonly #told = new Set<string>();
  #looked = 0;
  /** When it last looked, as `Date.now()` gives it: what has come was loaded after that. */
  #lookedMs = Date.now();

  /** @param tell gets the files that were loaded, and since when */
  constructor(readonly tell: (files: readonly string[], sinceMs: number) => void) {}

  /** From now on tells of modules that are imported later. */
  watch(): void {
    setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Tells of what has come. */
  look(): void {
    const sinceMs = this.#lookedMs;
    this.#lookedMs = Date.now();
    const files = Object.keys(require.cache);
    if (files.length === this.#looked) return;
    this.#looked = files.length;
    this.#add(files, sinceMs);
  }

  /** Adds the files that pages are bundled from. Bun's registry has only the pages themselves. */
  async addPages(): Promise<void> {
    const pages = [...this.#told].filter((file) => file.endsWith(".html"));
    if (pages.length === 0) return;
    const sinceMs = Date.now();
    const built = await Bun.build({ entrypoints: pages, metafile: true, throw: false });
    const inputs = Object.keys(built.metafile?.inputs ?? {});
    this.#add(
      inputs.map((file) => resolve(file)),
      sinceMs,
    );
  }

  #add(files: readonly string[], sinceMs: number): void {
    const own = files.filter((file) => !NOT_OF_APP.test(file) && !this.#told.has(file));
    if (own.length === 0) return;
    for (const file of own) this.#told.add(file);
    this.tell(own, sinceMs);
  }
}
