// A worker from the master's order to load until its app serves: what it needs for that, and what
// becomes of a failure on the way. Either the worker cannot start, or, for the person who writes
// the app, a page that says why takes the app's place. The steps of a load are in load.ts.
import { describeError } from "../errors/describe-error.ts";
import type { FromWorker, LoadMessage } from "../ipc/messages.ts";
import type { FileFacts } from "../os/file-facts.ts";
import { AppFiles, noteContent } from "./app/app-files.ts";
import { AppError } from "./app/app-error.ts";
import { hasLoadedBuiltInHono, ownHono } from "./app/hono-origin.ts";
import { Leadership } from "./app/leadership.ts";
import { LoadedFiles } from "./app/loaded-files.ts";
import type { DevLoad } from "./dev-load.ts";
import { labelOf, type LoadContext, type Loaded, type LoadFailure, loadServers } from "./load.ts";
import type { Links } from "./links/links.ts";
import { type Meter, openMeter } from "./requests/meter.ts";
import type { Health } from "./serve/health.ts";
import type { Servers } from "./serve/servers.ts";
import { settle, untilCalm } from "./settle.ts";
import type { System } from "./system.ts";
import type { ToMaster } from "./to-master.ts";
import { WorkerLog } from "./worker-log.ts";

interface LoadingOptions<S extends Servers> {
  readonly system: System<S>;
  readonly master: ToMaster;
  readonly health: () => Health;
  /** To other workers. */
  readonly links: Links;
}

export class Loading<S extends Servers> {
  readonly log: WorkerLog;
  readonly meter: Meter;
  readonly leadership: Leadership;
  /** Resolves when the app has had a moment to fail after its import. */
  settled: Promise<void> = Promise.resolve();
  /** Undefined: errors of the app are for the log alone. */
  #dev: DevLoad<S> | undefined;
  /** Only for the person who writes the app. */
  readonly #files: LoadedFiles | undefined;
  /** Undefined: what is on disk is what counts. */
  readonly #appFiles: AppFiles | undefined;
  /** What the master was told of. */
  #told: readonly FileFacts[] | undefined;

  /** @param settings the master's order */
  constructor(
    readonly settings: LoadMessage,
    readonly options: LoadingOptions<S>,
  ) {
    const { system, master } = options;
    this.log = new WorkerLog(settings, (entry) => master.relay(entry));
    this.leadership = new Leadership({
      isThere: () => !master.isGone && system.parentPid() === settings.master,
      tell: (type) => master.send({ type }),
    });
    this.meter = openMeter(() => system.mapPage(settings.page));
    // Before the app, which may replace timers.
    this.meter.countTurns();
    this.#appFiles = settings.dev || settings.isTrial ? undefined : new AppFiles(settings.files);
    if (settings.dev) {
      this.#files = new LoadedFiles((files, sinceMs) =>
        master.send({ type: "files", files, sinceMs }),
      );
    }
  }

  /** Files that are not what the generation was loaded from: it must not load them. */
  get changedFiles(): string[] {
    return this.#appFiles?.changed ?? [];
  }

  /** The app, or the page in its place, with servers that do not listen yet. */
  async load(): Promise<Loaded<S> | LoadFailure> {
    const { system, health, links } = this.options;
    const onWrong = (words: string): void => this.#refuse(words);
    const { log, meter, leadership } = this;
    const onImported = (): void => this.#appFiles?.note();
    const context = { system, log, meter, leadership, health, links, onWrong, onImported };
    this.#appFiles?.begin();
    const loaded = await this.#loadApp(context);
    this.#files?.look();
    return loaded;
  }

  async #loadApp(context: Omit<LoadContext<S>, "dev">): Promise<Loaded<S> | LoadFailure> {
    const { settings } = this;
    if (!settings.dev || settings.isTrial) {
      const loaded = await loadServers(settings, { ...context, dev: undefined });
      this.#beginToSettle(loaded);
      if (settings.isTrial) await this.settled;
      return loaded;
    }
    const { DevLoad } = await import("./dev-load.ts");
    this.#dev = new DevLoad(settings, context);
    return this.#dev.load(async (whole) => {
      const loaded = await loadServers(settings, whole);
      this.#beginToSettle(loaded);
      await this.settled;
      return loaded;
    });
  }

  #beginToSettle(loaded: Loaded<S> | LoadFailure): void {
    if (!loaded.ok) return;
    const isFirst = this.settings.app.file === undefined;
    if (loaded.app.captured !== undefined) this.settled = untilCalm();
    else if (isFirst) this.settled = settle();
  }

  /** What is served is not what the program is for: a worker that serves is replaced. */
  #refuse(words: string): void {
    const { master } = this.options;
    if (master.isReady) return master.send({ type: "failed", reason: words });
    this.fail({
      reason: words,
      thrown: new AppError(words),
      what: `${labelOf(this.settings)} does not load`,
    });
  }

  /** The worker cannot start, or a page that says so takes the place of the app. */
  fail(failure: Omit<LoadFailure, "ok">): void {
    if (this.#dev?.takes({ ok: false, ...failure }) === true) return;
    this.options.master.fail(failure.reason);
  }

  /**
   * The app ends its process before the worker serves: that is why it cannot start. Throws if the
   * process is needed for saying so.
   */
  failByExit(thrown: Error): void {
    const label = labelOf(this.settings);
    const remedy = "look at what it has printed before, in the log or with `pounce check`";
    this.fail({
      reason: `app ${label} ended its process: ${describeError(thrown)}\n  what to do: ${remedy}`,
      thrown,
      what: `${label} ended its process while it was loaded`,
      remedy,
    });
    if (this.isReplaced) throw thrown;
  }

  /** The page serves in place of the app, or is about to. */
  get isReplaced(): boolean {
    return this.#dev?.hasFailed === true;
  }

  /** What the master learns of an app that has loaded. */
  told({ app, failure }: Loaded<S>): FromWorker {
    const { file, shape, notes, remarks, isElsewhere } = app;
    const usesBuiltInHono = this.settings.isTrial ? hasLoadedBuiltInHono() : undefined;
    const hono = { ownHono: ownHono(file), usesBuiltInHono };
    const appFiles = this.#appFiles?.loaded();
    this.#told = appFiles;
    this.#tellUncertain();
    // A startup gets what says whether the worker is the leader.
    const wantsLead = app.leader !== undefined || app.startup !== undefined;
    const about = { shape, notes, remarks, isElsewhere, failure, wantsLead, appFiles };
    return { type: "loaded", file, ...about, ...hono };
  }

  #tellUncertain(): void {
    const [first, ...others] = this.#appFiles?.uncertain ?? [];
    if (first === undefined) return;
    const files = others.length === 0 ? first : `${first} and ${others.length} more`;
    const words =
      `${files} was written while the app was loaded: what runs may be what it was before. ` +
      "If that was a deploy, reload once more";
    this.log.warn("written-while-loaded", words);
  }

  /** From now on tells the master of files that the app loads later, and of what they hold. */
  watchFiles(): void {
    noteContent(this.#told ?? [], (files) =>
      this.options.master.send({ type: "app-files", files }),
    );
    this.#files?.watch();
    void this.#files?.addPages();
  }

  /** The worker drains: another one needs the port of the debugger. */
  closeDebugger(): void {
    this.#dev?.closeDebugger();
  }
}
