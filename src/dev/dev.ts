// `pounce dev`: watches the files that the app was loaded from, asks for a reload when one has
// changed, and says in one line what has become of it.
//
// Events of folders (folders.ts) are collected until they are over (burst.ts). Then each file is
// compared with what was known of it (signatures.ts), and if one has changed, a reload is asked
// for, as by a SIGHUP. What becomes of it is read off the effects of the core (versions.ts).
import { dirname, join, relative } from "node:path";
import type { Effect, EffectOf } from "../core/effects.ts";
import type { Log } from "../log/logger.ts";
import type { Plan } from "../master/plan/plan.ts";
import type { DevServer, DevWatch } from "../master/surroundings.ts";
import { absolutePath, isFile } from "../os/paths.ts";
import { foundAt } from "../tsconfig/start-folder.ts";
import { type Burst, isSettled, overAtMs, touched, unsettled } from "./burst.ts";
import { eventlessSystem } from "./file-system.ts";
import { Folders } from "./folders.ts";
import { Links } from "./links.ts";
import { OwnWrites } from "./own-writes.ts";
import { buildFiles, projectRoot } from "./project.ts";
import { Signatures } from "./signatures.ts";
import { type Change, type Line, type Outcome, Versions } from "./versions.ts";
import { Watched } from "./watched.ts";

/** How often files are looked at where folders cannot be watched. */
const POLL_MS = 300;
/** A file whose time is longer ago than this was not saved just now, but moved here. */
const LATEST_SAVE_MS = 5000;
/** A version that loads for so long may never be there, such as one with an endless loop. */
const SLOW_MS = 2000;

export interface DevOptions {
  /** What else to watch: absolute paths of files and folders. */
  readonly watch: readonly string[];
  /** Whether to look at the files instead of waiting for events. */
  readonly polls: boolean;
  /** Paths are shown relative to it. */
  readonly cwd: string;
  /** What to say at the start: why the port is another one. */
  readonly notes: readonly string[];
}

export class Dev implements DevWatch {
  readonly #log: Log;
  readonly #watched: Watched;
  readonly #signatures = new Signatures();
  readonly #links = new Links();
  readonly #ownWrites = new OwnWrites();
  readonly #versions: Versions;
  readonly #folders: Folders;
  #polling: ReturnType<typeof setInterval> | undefined;
  #burst: Burst | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the first worker of each generation was started, as `Date.now()` gives it. */
  readonly #startedMs = new Map<number, number>();
  /** The generations whose app does not load, and which show a page that says so. */
  readonly #failed = new Set<number>();
  #serving: number | undefined;
  #slow: ReturnType<typeof setTimeout> | undefined;
  #waitsForDebugger = false;
  #hasToldUnread = false;
  #isLoading = true;
  /** Paths that something has happened to while a version was loading. */
  readonly #whileLoading = new Set<string>();
  /** Folders that may have been replaced, until they are looked at. */
  #replaced: string[] = [];
  #willLook = false;

  constructor(
    readonly server: DevServer,
    readonly options: DevOptions,
  ) {
    this.#log = server.log;
    for (const note of options.notes) this.#log("warn", "other-port", note);
    this.#watched = new Watched(options.watch);
    this.#versions = new Versions((path) => shownFrom(options.cwd, path));
    this.#folders = new Folders(
      (path) => this.#onEvent(path),
      (code) => this.#poll(whyRefused(code)),
    );
    this.#note(this.#watched.look().files, Date.now());
    if (options.polls) this.#poll();
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#slow);
    clearInterval(this.#polling);
    this.#folders.close();
  }

  onPlan({ config, app, inspect }: Plan): void {
    this.#waitsForDebugger = inspect?.waits === true;
    const named = absolutePath(app.base, app.module);
    const file = app.label === undefined ? undefined : foundAt(named);
    const folder = dirname(file ?? named);
    if (config.envFiles.length === 0) this.#tellUnread(folder);
    const build = app.label === undefined ? [] : buildFiles(folder, projectRoot(folder));
    const given = [config.file, ...config.envFiles, file].filter((it) => it !== undefined);
    this.#watched.use([...given, ...build], folder);
    this.#note([...given, ...build], Date.now());
    const why = eventlessSystem(folder);
    if (why !== undefined) this.#poll(why);
  }

  /** Bun reads it by itself, so it may be expected. */
  #tellUnread(folder: string): void {
    if (this.#hasToldUnread) return;
    this.#hasToldUnread = true;
    const folders = [this.options.cwd, folder, projectRoot(folder)];
    const file = folders.map((it) => join(it, ".env")).find(isFile);
    if (file === undefined) return;
    const shown = this.#shown(file);
    this.#log("info", "env-file-unread", `${shown} is not read: --env-file ${shown}`);
  }

  onFiles(generation: number, files: readonly string[], sinceMs: number): void {
    this.#watched.addLoaded(generation, files);
    this.#note(files, sinceMs);
    this.#watchSoon();
  }

  /** Takes note of files. Those that have changed since they were loaded count as changed. */
  #note(files: Iterable<string>, loadedMs: number, isRead = true): void {
    const changed = [...files].filter((file) => this.#signatures.add(file, loadedMs, isRead));
    this.#touch(changed, true);
  }

  onEffect(effect: Effect): void {
    switch (effect.type) {
      case "spawn":
        this.#isLoading ||= !this.#startedMs.has(effect.generation);
        if (!this.#startedMs.has(effect.generation)) this.#begin(effect.generation);
        return;
      case "log":
        return this.#onLog(effect);
      case "tell-serving":
      case "reload-steered":
        return this.#onServes(effect.generation);
      case "reload-ended":
        if (effect.outcome === "rejected") this.#onRejected(effect.generation);
        return;
      default:
    }
  }

  #begin(generation: number): void {
    const startedMs = Date.now();
    this.#startedMs.set(generation, startedMs);
    clearTimeout(this.#slow);
    if (this.#waitsForDebugger && generation === 0) return;
    this.#slow = setTimeout(() => {
      this.#say(this.#versions.slow(generation, SLOW_MS));
      // What it has loaded is not known yet.
      this.#mend(startedMs);
      this.#watchSoon();
    }, SLOW_MS);
  }

  #onLog({ event, fields = {} }: EffectOf<"log">): void {
    const { generation, by, address } = fields;
    if (event === "reload-started") {
      this.#isLoading = true;
      this.#versions.begin(Number(generation), String(by));
    }
    if (event === "app-failed") this.#failed.add(Number(generation));
    if (event === "listening") this.#tellListening(String(address));
  }

  #tellListening(address: string): void {
    const files = this.#watched.files.size;
    const count = files === 1 ? "1 file is" : `${files} files are`;
    const message = `Listening on http://${address} — ${count} watched`;
    this.#log("info", "watching", message, { address, files });
  }

  #onServes(generation: number): void {
    if (this.#serving === generation) return;
    this.#serving = generation;
    const isBroken = this.#failed.has(generation);
    if (!isBroken) this.#watched.serves(generation);
    this.#end(generation, { name: isBroken ? "shows-error" : "serves" });
  }

  #onRejected(generation: number): void {
    this.#end(generation, { name: "rejected", serving: this.#serving });
  }

  #end(generation: number, outcome: Outcome): void {
    this.#isLoading = false;
    clearTimeout(this.#slow);
    const startedMs = this.#startedMs.get(generation) ?? Date.now();
    for (const older of this.#startedMs.keys()) if (older < generation) this.#forget(older);
    const line = this.#versions.end(generation, outcome, performance.now());
    if (line !== undefined) this.#say(line);
    if (outcome.name !== "serves") this.#mend(startedMs);
    this.#watchSoon();
  }

  #say({ level, event, message, fields }: Line): void {
    this.#log(level, event, message, fields);
  }

  #forget(generation: number): void {
    this.#startedMs.delete(generation);
    this.#failed.delete(generation);
  }

  /** From now on a change of whatever could mend the app counts. */
  #mend(loadedMs: number): void {
    this.#watched.mend();
    this.#note(this.#watched.look().files, loadedMs, false);
  }

  /** Not at once: a version may be waiting to be served. */
  #watchSoon(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    setTimeout(() => this.#watch(), 0);
  }

  #watch(): void {
    this.#willLook = false;
    const { folders, files } = this.#watched.look();
    if (!this.options.polls) this.#folders.set(folders);
    this.#links.find(this.#watched.loadedHere(), (path) => this.#watched.isLoaded(path));
    const replaced = this.#replaced.splice(0);
    const isBelow = (file: string) => replaced.some((folder) => file.startsWith(`${folder}/`));
    // Something may have happened before its folder was watched.
    this.#touch([...files].filter((file) => isBelow(file) || this.#signatures.differs(file)));
  }

  #onEvent(path: string): void {
    if (path.endsWith("/.gitignore")) this.#watched.forgetRules();
    if (!isFile(path) && this.#watched.isAbove(path)) {
      this.#replaced.push(path);
      this.#watchSoon();
    }
    if (this.#watched.concerns(path) || this.#links.has(path)) this.#touch([path]);
  }

  /** @param why said once */
  #poll(why?: string): void {
    if (this.#polling !== undefined) return;
    this.#polling = setInterval(() => this.#lookAtAll(), POLL_MS);
    if (why === undefined) return;
    this.#log("warn", "watch-limited", `${why}. Files are looked at every ${POLL_MS} ms`);
  }

  #lookAtAll(): void {
    const { files } = this.#watched.look();
    const changed = [...files].filter((file) => this.#signatures.differs(file));
    this.#touch([...changed, ...this.#links.moved]);
  }

  #touch(paths: readonly string[], whileLoading = this.#isLoading): void {
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
    if (changes.length > 0) this.server.reload(this.#versions.add(changes));
  }

  #changeOf(path: string, { lastMs }: Burst): Change[] {
    const { isChanged, mtimeMs } = this.#compare(path);
    const cameWhileLoading = this.#whileLoading.delete(path);
    if (!isChanged) return [];
    this.#watched.noteChange(path);
    const verdict = this.#ownWrites.note(path, cameWhileLoading);
    if (verdict === "first-ignored") {
      this.#log("warn", "watch-limited", writtenByApp(this.#shown(path)));
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

  #shown(path: string): string {
    return shownFrom(this.options.cwd, path);
  }
}

function shownFrom(cwd: string, path: string): string {
  const from = relative(cwd, path);
  return from.startsWith("../../") ? path : from;
}

function writtenByApp(path: string): string {
  return (
    `${path} changes each time the app loads, so the app itself seems to write it: changes that ` +
    "come while it loads do not count any more"
  );
}

function whyRefused(code: string): string {
  switch (code) {
    case "ENOSPC":
      return (
        "The system watches no more folders for this user: to raise the limit, " +
        "sysctl fs.inotify.max_user_watches=524288"
      );
    case "EMFILE":
      return (
        "The system allows this user no more watchers: to raise the limit, " +
        "sysctl fs.inotify.max_user_instances=512, or ulimit -n"
      );
    default:
      return `Folders cannot be watched (${code})`;
  }
}
