// Which files and folders matter: those that the app was loaded from, those that decide how it
// runs, those that --watch names, and all of the project while the app does not load.
import { lstatSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import { Ignored } from "./ignored.ts";
import { filesBelow, isPackage, packageFolders, projectRoot, upward } from "./project.ts";

/** What a module may be. Others are hardly what keeps an app from loading. */
const MODULES =
  /^\.([cm]?[jt]sx?|jsonc?|json5|toml|ya?ml|html|css|wasm|node|env|txt|md|sql|graphql|gql)$/;

/** Files that editors put beside the one that is saved. */
const TEMPORARY =
  /^(4913|\.#.*|#.*#|.*~|.*\.sw[a-z]|.*\.tmp|.*___jb_(tmp|old)___|\.goutputstream-.*)$/;

/** How far above a file outside of the project a folder may be replaced, and be noticed. */
const FOLDERS_ABOVE = 2;

export class Watched {
  /** The files that each generation was loaded from. */
  readonly #loaded = new Map<number, Set<string>>();
  #settings: ReadonlySet<string> = new Set();
  /** That of the app. */
  #folder = "";
  #root = "";
  #ignored = new Ignored("");
  #isMending = false;
  /** Packages that have changed since the app does not load: they may be in the making. */
  readonly #packages = new Set<string>();
  /** Of the files: those that one of them is in, at any depth. */
  #above = new Set<string>();
  #files = new Set<string>();

  /** @param named what --watch names: files, and folders with all that is in them */
  constructor(readonly named: readonly string[]) {}

  /** What a generation is made from. @param folder that of the app */
  use(settings: readonly string[], folder: string): void {
    this.#settings = new Set(settings);
    this.#folder = folder;
    const root = projectRoot(folder);
    if (root !== this.#root) this.#ignored = new Ignored(root);
    this.#root = root;
    this.#update();
  }

  addLoaded(generation: number, files: readonly string[]): void {
    const known = this.#loaded.get(generation) ?? new Set();
    for (const file of files) known.add(file);
    this.#loaded.set(generation, known);
    this.#update();
  }

  /** The generation serves the app: older ones, and what else could mend it, do not matter. */
  serves(generation: number): void {
    this.#isMending = false;
    this.#packages.clear();
    for (const older of this.#loaded.keys()) if (older < generation) this.#loaded.delete(older);
    this.#update();
  }

  /** The app does not load: from now on whatever could mend it matters. */
  mend(): void {
    this.#isMending = true;
  }

  /** What has changed. A package is made in many steps, so each of them matters from now on. */
  noteChange(path: string): void {
    if (this.#isMending && isPackage(path)) this.#packages.add(path);
  }

  get isMending(): boolean {
    return this.#isMending;
  }

  /** The files that matter and are known by name. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** Those of the project, without the packages that are installed in it. */
  loadedHere(): string[] {
    const isHere = (file: string) =>
      file.startsWith(`${this.#root}/`) && !file.includes("/node_modules/");
    return [...this.#files].filter(isHere);
  }

  /** It is one of the files, or a folder that holds one of them. */
  isLoaded(path: string): boolean {
    return this.#files.has(path) || this.#above.has(path);
  }

  #update(): void {
    this.#files = new Set(this.#settings);
    for (const loaded of this.#loaded.values()) for (const file of loaded) this.#files.add(file);
    const folders = new Set([...this.#files].map((file) => dirname(file)));
    this.#above = new Set([...folders].flatMap(upward));
  }

  /** Something has happened there: whether it matters. */
  concerns(path: string): boolean {
    if (this.#files.has(path)) return true;
    const name = basename(path);
    if (TEMPORARY.test(name)) return false;
    if (this.named.some((it) => path === it || path.startsWith(`${it}/`))) return true;
    if (!this.#isMending) return false;
    if (isPackage(path)) return name !== ".cache" && name !== ".bin";
    if (this.#isInPackage(path)) return true;
    return isModule(name) && !this.#ignored.has(path, false);
  }

  /** It is a folder that holds what matters, so that it may have been replaced. */
  isAbove(path: string): boolean {
    return this.#above.has(path) || this.concernsFolder(path);
  }

  /** New files in it may matter. */
  concernsFolder(path: string): boolean {
    if (this.named.some((it) => it === path || path.startsWith(`${it}/`))) return true;
    if (!this.#isMending) return false;
    if (this.#isInPackage(path)) return true;
    return path.startsWith(`${this.#root}/`) && !this.#ignored.has(path, true);
  }

  #isInPackage(path: string): boolean {
    return [...this.#packages].some((it) => path === it || path.startsWith(`${it}/`));
  }

  /** The rules of what git ignores have changed. */
  forgetRules(): void {
    this.#ignored.forget();
  }

  /** The folders to watch, and the files in them that matter. */
  look(): { readonly folders: Set<string>; readonly files: Set<string> } {
    const files = new Set(this.#files);
    const folders = new Set<string>();
    for (const folder of new Set([...this.#files].map((file) => dirname(file)))) {
      for (const it of this.#foldersOf(folder)) folders.add(it);
    }
    for (const path of this.named) this.#addBelow(path, undefined, { folders, files });
    if (this.#isMending) {
      this.#addBelow(this.#root, this.#ignored, { folders, files });
      for (const folder of packageFolders(this.#folder)) folders.add(folder);
      for (const path of this.#packages) this.#addBelow(path, undefined, { folders, files });
    }
    return { folders, files };
  }

  #addBelow(
    top: string,
    ignored: Ignored | undefined,
    to: { readonly folders: Set<string>; readonly files: Set<string> },
  ): void {
    const found = filesBelow(top, ignored);
    to.folders.add(dirname(top));
    for (const folder of found.folders) to.folders.add(folder);
    for (const file of found.files) {
      const name = basename(file);
      const isSource = ignored === undefined || isModule(name);
      if (this.#files.has(file) || (isSource && !TEMPORARY.test(name))) to.files.add(file);
    }
  }

  /** A folder, those above it that may be replaced, and those that a link above it is in. */
  #foldersOf(folder: string): string[] {
    const isInside = folder === this.#root || folder.startsWith(`${this.#root}/`);
    const all = upward(folder);
    return all.filter((it, above) => {
      const mayBeReplaced = isInside ? it.startsWith(this.#root) : above <= FOLDERS_ABOVE;
      return mayBeReplaced || isLink(all[above - 1] ?? folder);
    });
  }
}

function isModule(name: string): boolean {
  return MODULES.test(extname(name)) || name.startsWith(".env");
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
