// `pounce dev`: asks for a reload when a file that the app was loaded from has changed, as by a
// SIGHUP, and says in one line what has become of it.
//
// Which files have changed is found out in changes.ts. What becomes of a version is read off the
// effects of the core, and put into words in versions.ts.
import { dirname, join } from "node:path";
import type { Effect, EffectOf } from "../core/effects.ts";
import type { Log } from "../log/logger.ts";
import type { Plan } from "../master/plan/plan.ts";
import type { DevServer, DevWatch } from "../master/surroundings.ts";
import { absolutePath, isFile } from "../os/paths.ts";
import { foundAt } from "../tsconfig/start-folder.ts";
import { Changes, type ChangesOptions } from "./changes.ts";
import { buildFiles, projectRoot } from "./project.ts";
import { type Line, type Outcome, Versions } from "./versions.ts";
import { shownFrom } from "./words.ts";

/** A version that loads for so long may never be there, such as one with an endless loop. */
const SLOW_MS = 2000;

export interface DevOptions extends ChangesOptions {
  /** What to say at the start: why the port is another one. */
  readonly notes: readonly string[];
}

export class Dev implements DevWatch {
  readonly #log: Log;
  readonly #changes: Changes;
  readonly #versions: Versions;
  /** When the first worker of each generation was started, as `Date.now()` gives it. */
  readonly #startedMs = new Map<number, number>();
  /** The generations whose app does not load, and which show a page that says so. */
  readonly #failed = new Set<number>();
  #serving: number | undefined;
  #slow: ReturnType<typeof setTimeout> | undefined;
  #waitsForDebugger = false;
  #hasToldUnread = false;

  constructor(
    readonly server: DevServer,
    readonly options: DevOptions,
  ) {
    this.#log = server.log;
    for (const note of options.notes) this.#log("warn", "other-port", note);
    this.#versions = new Versions((path) => shownFrom(options.cwd, path));
    this.#changes = new Changes(server.log, options, (changes) =>
      server.reload(this.#versions.add(changes)),
    );
  }

  close(): void {
    clearTimeout(this.#slow);
    this.#changes.close();
  }

  onPlan({ config, app, inspect }: Plan): void {
    this.#waitsForDebugger = inspect?.waits === true;
    const named = absolutePath(app.base, app.module);
    const file = app.label === undefined ? undefined : foundAt(named);
    const folder = dirname(file ?? named);
    if (config.envFiles.length === 0) this.#tellUnread(folder);
    const build = app.label === undefined ? [] : buildFiles(folder, projectRoot(folder));
    const given = [config.file, ...config.envFiles, file].filter((it) => it !== undefined);
    this.#changes.use([...given, ...build], folder);
  }

  /** Bun reads it by itself, so it may be expected. */
  #tellUnread(folder: string): void {
    if (this.#hasToldUnread) return;
    this.#hasToldUnread = true;
    const folders = [this.options.cwd, folder, projectRoot(folder)];
    const file = folders.map((it) => join(it, ".env")).find(isFile);
    if (file === undefined) return;
    const shown = shownFrom(this.options.cwd, file);
    this.#log("info", "env-file-unread", `${shown} is not read: --env-file ${shown}`);
  }

  onFiles(generation: number, files: readonly string[], sinceMs: number): void {
    this.#changes.addLoaded(generation, files, sinceMs);
  }

  onEffect(effect: Effect): void {
    switch (effect.type) {
      case "spawn":
        this.#changes.isLoading ||= !this.#startedMs.has(effect.generation);
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
      this.#changes.mend(startedMs);
      this.#changes.lookSoon();
    }, SLOW_MS);
  }

  #onLog({ event, fields = {} }: EffectOf<"log">): void {
    const { generation, by, address, url } = fields;
    if (event === "reload-started") {
      this.#changes.isLoading = true;
      this.#versions.begin(Number(generation), String(by));
    }
    if (event === "app-failed") this.#failed.add(Number(generation));
    if (event === "listening") this.#tellListening(String(address), String(url));
  }

  #tellListening(address: string, url: string): void {
    const files = this.#changes.count;
    const count = files === 1 ? "1 file is" : `${files} files are`;
    const message = `Listening on ${url} — ${count} watched`;
    this.#log("info", "watching", message, { address, files });
  }

  #onServes(generation: number): void {
    if (this.#serving === generation) return;
    this.#serving = generation;
    const isBroken = this.#failed.has(generation);
    if (!isBroken) this.#changes.serves(generation);
    this.#end(generation, { name: isBroken ? "shows-error" : "serves" });
  }

  #onRejected(generation: number): void {
    this.#end(generation, { name: "rejected", serving: this.#serving });
  }

  #end(generation: number, outcome: Outcome): void {
    this.#changes.isLoading = false;
    clearTimeout(this.#slow);
    const startedMs = this.#startedMs.get(generation) ?? Date.now();
    for (const older of this.#startedMs.keys()) if (older < generation) this.#forget(older);
    const line = this.#versions.end(generation, outcome, performance.now());
    if (line !== undefined) this.#say(line);
    if (outcome.name !== "serves") this.#changes.mend(startedMs);
    this.#changes.lookSoon();
  }

  #say({ level, event, message, fields }: Line): void {
    this.#log(level, event, message, fields);
  }

  #forget(generation: number): void {
    this.#startedMs.delete(generation);
    this.#failed.delete(generation);
  }
}
