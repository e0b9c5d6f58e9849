// Which files of an app have changed. Events of folders (folders.ts) are collected until they are
// over (burst.ts). Then each file is compared with what was known of it (signatures.ts).
import type { Log } from "../log/logger.ts";
import { isFile } from "../os/paths.ts";
import { type Burst, isSettled, overAtMs, touched, unsettled } from "./burst.ts";
import { eventlessSystem } from "./file-system.ts";
import { Folders } from "./folders.ts";
import { Links } from "./links.ts";
import { OwnWrites } from "./own-writes.ts";
import { Signatures } from "./signatures.ts";
import type { Change } from "./versions.ts";
import { Watched } from "./watched.ts";
import { shownFrom, whyRefused, writtenByApp } from "./words.ts";

/** How often files are looked at where folders cannot be watched. */
const POLL_MS = 300;
/** A file whose time is longer ago than this was not saved just now, but moved here. */
const LATEST_SAVE_MS = 5000;

export interface ChangesOptions {
  /** What else to watch: absolute paths of files and folders. */
  readonly watch: readonly string[];
  /** Whether to look at the files instead of waiting for events. */
  readonly polls: boolean;
  /** Paths are shown relative to it. */
  readonly cwd: string;
}

export class Changes {
  /** Whether a version is loading now. */
  isLoading = true;
  readonly #watched: Watched;
  readonly #signatures = new Signatures();
  readonly #links = new Links();
  readonly #ownWrites = new OwnWrites();
  readonly #folders: Folders;
  #polling: ReturnType<typeof setInterval> | undefined;
  #burst: Burst | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Paths that something has happened to while a version was loading. */
  readonly #whileLoading = new Set<string>();
  /** Folders that may have been replaced, until they are looked at. */
  #replaced: string[] = [];
  #willLook = false;

  /** @param onChanges called with the files that have changed together, at least one */
  constructor(
    readonly log: Log,
    readonly options: ChangesOptions,
    readonly onChanges: (changes: readonly Change[]) => void,
  ) {
    this.#watched = new Watched(options.watch);
    this.#folders = new Folders(
      (path) => this.#onEvent(path),
      (code) => this.#poll(whyRefused(code)),
    );
    this.#note(this.#watched.look().files, Date.now());
    if (options.polls) this.#poll();
  }

  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#polling);
    this.#folders.close();
  }

  /** How many files are watched. */
  get count(): number {
    return this.#watched.files.size;
  }

  /**
   * Watches what the app is loaded with.
   * @param folder of the app's module
   */
  use(files: readonly string[], folder: string): void {
    this.#watched.use(files, folder);
    this.#note(files, Date.now());
    const why = eventlessSystem(folder);
    if (why !== undefined) this.#poll(why);
  }

  /** Watches what a generation was loaded from, since that time as `Date.now()` gives it. */
  addLoaded(generation: number, files: readonly string[], sinceMs: number): void {
    this.#watched.addLoaded(generation, files);
    this.#note(files, sinceMs);
    this.lookSoon();
  }

  /** A generation serves: what only older ones were loaded from does not matter any more. */
  serves(generation: number): void {
    this.#watched.serves(generation);
  }

  /** From now on a change of whatever could mend the app counts. */
  mend(loadedMs: number): void {
    this.#watched.mend();
    this.#note(this.#watched.look().files, loadedMs, false);
  }

  /** Not at once: a version may be waiting to be served. */
  lookSoon(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    setTimeout(() => this.#look(), 0);
  }

  #look(): void {
    this.#willLook = false;
    const { folders, files } = this.#watched.look();
    if (!this.options.polls) this.#folders.set(folders);
    this.#links.find(this.#watched.loadedHere(), (path) => this.#watched.isLoaded(path));
    const replaced = this.#replaced.splice(0);
    const isBelow = (file: string) => replaced.some((folder) => file.startsWith(`${folder}/`));
    // Something may have happened before its folder was watched.
    this.#touch([...files].filter((file) => isBelow(file) || this.#signatures.differs(file)));
  }

  /** Takes note of files. Those that have changed since they were loaded count as changed. */
  #note(files: Iterable<string>, loadedMs: number, isRead = true): void {
    const changed = [...files].filter((file) => this.#signatures.add(file, loadedMs, isRead));
    this.#touch(changed, true);
  }

  #onEvent(path: string): void {
    if (path.endsWith("/.gitignore")) this.#watched.forgetRules();
    if (!isFile(path) && this.#watched.isAbove(path)) {
      this.#replaced.push(path);
      this.lookSoon();
    }
    if (this.#watched.concerns(path) || this.#links.has(path)) this.#touch([path]);
  }

  /** @param why said once */
  #poll(why?: string): void {
    if (this.#polling !== undefined) return;
    this.#polling = setInterval(() => this.#lookAtAll(), POLL_MS);
    if (why === undefined) return;
    this.log("warn", "watch-limited", `${why}. Files are looked at every ${POLL_MS} ms`);
  }

  #lookAtAll(): void {
    const { files } = this.#watched.look();
    const changed = [...files].filter((file) => this.#signatures.differs(file));
    this.#touch([...changed, ...this.#links.moved]);
  }

  #touch(paths: readonly string[], whileLoading = this.isLoading): void {
    if (paths.length === 0) return;
    if (whileLoading) for (const path of paths) this.#whileLoading.add(path);
    this.#burst = touched(this.#burst, paths, performance.now());
    this.#schedule(this.#burst);
  }

  #schedule(burst: Burst): void {
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, overAtMs(burst) - performance.now());
    this.#timer = setTimeout(() => this.#onOver(burst), waitMs);
  }

  #onOver(burst: Burst): void {
    const paths = [...burst.paths];
    const isSettling = paths.some((path) => this.#signatures.isUnsettled(path));
    if (isSettling && !isSettled(burst, performance.now())) {
      this.#burst = unsettled(burst);
      return this.#schedule(this.#burst);
    }
    this.#burst = undefined;
    const changes = paths.flatMap((path) => this.#changeOf(path, burst));
    if (changes.length > 0) this.onChanges(changes);
  }

  #changeOf(path: string, { lastMs }: Burst): Change[] {
    const { isChanged, mtimeMs } = this.#compare(path);
    const cameWhileLoading = this.#whileLoading.delete(path);
    if (!isChanged) return [];
    this.#watched.noteChange(path);
    const verdict = this.#ownWrites.note(path, cameWhileLoading);
    if (verdict === "first-ignored") {
      this.log("warn", "watch-limited", writtenByApp(shownFrom(this.options.cwd, path)));
    }
    if (verdict !== "counts") return [];
    const agoMs = Date.now() - mtimeMs;
    const isJustNow = agoMs >= 0 && agoMs < LATEST_SAVE_MS;
    return [{ path, savedMs: isJustNow ? performance.now() - agoMs : lastMs }];
  }

  #compare(path: string): { readonly isChanged: boolean; readonly mtimeMs: number } {
    const isLink = this.#links.has(path);
    const hasMoved = isLink && this.#links.look(path);
    if (isLink && !this.#watched.files.has(path)) return { isChanged: hasMoved, mtimeMs: 0 };
    return this.#signatures.compare(path);
  }
}
