// A worker process: does what the master says, in the order load, bind, drain, stop. What it does
// with its app and its servers is in serving.ts.
//
// While its master lives, it ignores TERM, INT and HUP, and stops when the master says so. When its
// master dies, it finishes its requests and ends.
import type { LogEvent } from "../core/log-events.ts";
import { describeError } from "../errors/describe-error.ts";
import type { Channel } from "../ipc/channel.ts";
import type { LoadMessage, Sharers, ToWorker, WorkerReport } from "../ipc/messages.ts";
import type { Address } from "../net/address.ts";
import type { ServedTls } from "../tls/served.ts";
import { machineMs } from "../os/clock.ts";
import { descendantsOf, endChildren } from "../os/children.ts";
import { releaseCodePages } from "../os/code-pages.ts";
import { explain } from "../os/shortage.ts";
import { holdProcess } from "./app/alive.ts";
import { AppError } from "./app/app-error.ts";
import { AppSignals, type AppSignalsOptions, SIGNAL_EVENTS } from "./app/app-signals.ts";
import { cutOffNote } from "./app/last-handlers.ts";
import type { DevLoad } from "./dev-load.ts";
import { secondsToLive } from "./drain/orphan.ts";
import { hasLoadedBuiltInHono, ownHono } from "./app/hono-origin.ts";
import { HeldEvents } from "./app/held-events.ts";
import { LoadedFiles } from "./app/loaded-files.ts";
import {
  labelOf,
  type LoadContext,
  type Loaded,
  type LoadFailure,
  loadServers,
  NOTICE_MS,
  reasonOf,
} from "./load.ts";
import { openMeter } from "./requests/meter.ts";
import type { Servers } from "./serve/servers.ts";
import { Serving } from "./serving.ts";
import { settle, untilCalm } from "./settle.ts";
import { ToMaster } from "./to-master.ts";
import type { System } from "./system.ts";
import { UNCAUGHT_EVENTS, watchUncaught } from "./app/uncaught.ts";
import { UncaughtErrors } from "./uncaught-errors.ts";
import { WorkerLog } from "./worker-log.ts";

/** For the app's signal handlers when the drain time is up: the master waits a second. */
const LAST_HANDLERS_MS = 300;

export class Worker<S extends Servers> {
  #settings: LoadMessage | undefined;
  #log: WorkerLog | undefined;
  #serving: Serving<S> | undefined;
  /** Whether the health check answers 503. */
  #isStopping = false;
  #hasEndedChildren = false;
  /** Certificates that came after the load message. */
  #tls: ServedTls | undefined;
  /** Undefined: errors of the app are for the log alone. */
  #dev: DevLoad<S> | undefined;
  /** When it must be ready, as `performance.now()` gives it. */
  #startUntilMs = Infinity;
  #isWarm = false;
  /** Resolves when the app has had a moment to fail after its import. */
  #settled: Promise<void> = Promise.resolve();
  /** Only for the person who writes the app. */
  #files: LoadedFiles | undefined;
  readonly #master: ToMaster;
  readonly #signals: AppSignals;

  /** Runs before anything of the app is loaded. */
  constructor(
    readonly system: System<S>,
    channel: Channel,
    readonly leave: (code: number) => void,
  ) {
    this.#master = new ToMaster(channel, (entries) =>
      this.#log?.warn("log-lost", `${entries} log entries were lost before this one`),
    );
    const held = new HeldEvents([...SIGNAL_EVENTS, ...UNCAUGHT_EVENTS, "beforeExit"]);
    holdProcess(held);
    this.#signals = this.#watchSignals(held);
    const uncaught = new UncaughtErrors({
      master: this.#master,
      fail: (failure) => this.#fail(failure),
      exit: () => this.exit(1),
    });
    watchUncaught(held, (error, promise) => {
      if (this.#settings === undefined || this.#log === undefined) throw error;
      const handlers = this.#serving?.loaded.servers.handlers;
      if (promise !== undefined && handlers?.hasAnswered(promise, error) === true) return;
      // What is left of an app that does not load harms nobody.
      if (this.#dev?.hasFailed === true) return;
      uncaught.take(error, this.#settings, this.#log, handlers?.inFlight);
    });
  }

  #watchSignals(held: AppSignalsOptions["held"]): AppSignals {
    const master = this.system.parentPid();
    const tell = (event: LogEvent, what: string, thrown: unknown): void =>
      this.#log?.error(event, what, { thrown });
    return new AppSignals({
      held,
      onTerm: () => {
        if (this.system.parentPid() !== master) void this.orphan();
      },
      onExit: (thrown) => {
        if (!this.#master.isReady || this.#dev?.hasFailed === true) return this.#failByExit(thrown);
        tell("app-exited", "the app ended its process", thrown);
        this.#serving?.answerBeforeExit();
      },
      onLeave: () => this.#endChildren(),
      onSelfSignal: (signal) =>
        this.#log?.warn("self-signal", `the app sent itself ${signal}, which pounce ignores`),
      onError: (thrown, which) => tell("signal-handler-threw", `the app's ${which} threw`, thrown),
      onCutOff: (which, cutOff) => this.#log?.warn("signal-handler-cut", cutOffNote(which, cutOff)),
    });
  }

  /**
   * The app ends its process before the worker serves: that is why it cannot start. Throws if the
   * process is needed for saying so.
   */
  #failByExit(thrown: Error): void {
    if (this.#settings === undefined) return;
    const label = labelOf(this.#settings);
    const remedy = "look at what it has printed before, in the log or with `pounce check`";
    this.#fail({
      reason: `app ${label} ended its process: ${describeError(thrown)}\n  what to do: ${remedy}`,
      thrown,
      what: `${label} ended its process while it was loaded`,
      remedy,
    });
    if (this.#dev?.hasFailed === true) throw thrown;
  }

  /** The worker cannot start, or a page that says so takes the place of the app. */
  #fail(failure: Omit<LoadFailure, "ok">): void {
    if (this.#dev?.takes({ ok: false, ...failure }) !== true) this.#master.fail(failure.reason);
  }

  exit(code: number): void {
    this.#signals.allowExit();
    this.#endChildren();
    this.leave(code);
  }

  /** The process ends now, in whatever way. Its requests have ended, if it ends properly. */
  #endChildren(): void {
    if (this.#hasEndedChildren) return;
    this.#hasEndedChildren = true;
    const told = endChildren(descendantsOf(process.pid));
    if (told !== undefined) this.#log?.info("children-ended", told);
  }

  /**
   * A failure is reported. The master has its deadlines, and the next message is obeyed as usual.
   */
  async receive(message: ToWorker): Promise<void> {
    try {
      await this.#obey(message);
    } catch (error) {
      const words = `the master's request "${message.type}" failed: ${explain(error)}`;
      this.#log?.warn("message-failed", words);
      if (message.type === "stop" || message.type === "force") this.exit(1);
    }
  }

  async #obey(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "load":
        return this.#load(message);
      case "bind":
        return this.#bind(message.addresses, message.shared);
      case "accept":
        return this.#require().accept(message.address, message.accepts);
      case "drain": {
        const serving = this.#require();
        this.#dev?.closeDebugger();
        await serving.drain(message);
        const needsTime = this.#signals.hasHandlers;
        return this.#master.send({ type: "idle", served: serving.served, needsTime });
      }
      case "standby":
        return this.#require().standby(message.isOn);
      case "open-unlisted":
        return this.#openUnlisted(message.id);
      case "close-unlisted":
        return this.#serving?.closeUnlisted(message.id);
      case "release":
        await this.#require().release(message.address);
        return this.#master.send({ type: "released", address: message.address });
      case "health":
        this.#isStopping = message.draining;
        return;
      case "report": {
        const report = this.#serving?.report ?? nothingYet();
        return this.#master.send({ type: "report", id: message.id, report });
      }
      case "reopen-log":
        this.#serving?.loaded.servers.handlers.requestLayer?.reopen();
        return this.#log?.reopen();
      case "tls":
        return this.#renew(message.id, message.tls);
      case "stop":
        return this.#stop();
      case "force":
        return this.#force();
      default:
        message satisfies never;
    }
  }

  async #load(settings: LoadMessage): Promise<void> {
    const { system } = this;
    const orphan = (): void => void this.orphan();
    const isAlive = system.endWithParent(settings.master, secondsToLive(settings), orphan);
    if (!isAlive) return this.exit(1);
    this.#settings = settings;
    this.#startUntilMs = startUntilMs(settings);
    const log = new WorkerLog(settings, (entry) => this.#master.relay(entry));
    this.#log = log;
    if (settings.dev) {
      this.#files = new LoadedFiles((files, sinceMs) =>
        this.#master.send({ type: "files", files, sinceMs }),
      );
    }
    const meter = openMeter(() => system.mapPage(settings.page));
    const isStopping = (): boolean => this.#isStopping;
    const onWrong = (words: string): void =>
      // The master replaces a worker that serves, and rejects a version that does not serve yet.
      this.#master.isReady
        ? this.#master.send({ type: "failed", reason: words })
        : this.#fail({
            reason: words,
            thrown: new AppError(words),
            what: `${labelOf(settings)} does not load`,
          });
    const context = { system, log, meter, isStopping, onWrong };
    const loaded = await this.#loadApp(settings, context);
    this.#files?.look();
    if (!loaded.ok) return this.#master.fail(loaded.reason);
    const { app, servers, honoNote, failure } = loaded;
    this.#serving = new Serving(system, { app, servers, meter, settings, log });
    if (this.#tls !== undefined) this.#serving.renew(this.#tls);
    if (this.#master.hasFailed) return;
    const isEarly = this.system.warmsUpEarly && !settings.isTrial;
    if (isEarly && !(await this.#warmUp(this.#serving, settings.addresses[0]))) return;
    const { file, shape, notes, remarks, isElsewhere } = app;
    const usesBuiltInHono = settings.isTrial ? hasLoadedBuiltInHono() : undefined;
    const hono = { ownHono: ownHono(file), usesBuiltInHono };
    const found = { file, shape, notes, remarks, isElsewhere };
    this.#master.send({ type: "loaded", ...found, failure, ...hono });
    if (honoNote !== undefined) log.warn("hono-lost", honoNote);
  }

  async #loadApp(
    settings: LoadMessage,
    context: Omit<LoadContext<S>, "dev">,
  ): Promise<Loaded<S> | LoadFailure> {
    if (!settings.dev || settings.isTrial) {
      const loaded = await loadServers(settings, { ...context, dev: undefined });
      this.#beginToSettle(settings, loaded);
      if (settings.isTrial) await this.#settled;
      return loaded;
    }
    const { DevLoad } = await import("./dev-load.ts");
    this.#dev = new DevLoad(settings, context);
    return this.#dev.load(async (whole) => {
      const loaded = await loadServers(settings, whole);
      this.#beginToSettle(settings, loaded);
      await this.#settled;
      return loaded;
    });
  }

  #beginToSettle(settings: LoadMessage, loaded: Loaded<S> | LoadFailure): void {
    if (!loaded.ok) return;
    const isFirst = settings.app.file === undefined;
    if (loaded.app.captured !== undefined) this.#settled = untilCalm();
    else if (isFirst) this.#settled = settle();
  }

  async #bind(addresses: readonly Address[], shared?: Sharers): Promise<void> {
    if (this.#master.hasFailed) return;
    const serving = this.#require();
    let bound: readonly Address[];
    try {
      bound = serving.listen(addresses, shared);
      this.#master.send({ type: "bound", addresses: bound });
    } catch (error) {
      return this.#master.send({ type: "failed", reason: reasonOf(error, "listening") });
    }
    serving.closeIdleInTime();
    await this.#settled;
    if (!(await this.#warmUp(serving, bound[0]))) return;
    this.#master.ready();
    serving.limitConnections((isFull) => this.#master.send({ type: "full", isFull }));
    this.#files?.watch();
    void this.#files?.addPages();
    releaseCodePages();
  }

  /** Returns whether the worker may serve. */
  async #warmUp(serving: Serving<S>, address: Address | undefined): Promise<boolean> {
    if (this.#master.hasFailed) return false;
    if (this.#isWarm || address === undefined) return true;
    this.#isWarm = true;
    const reason = await serving.warmUp(address, this.#startUntilMs);
    if (reason !== undefined) this.#master.fail(reason);
    return !this.#master.hasFailed;
  }

  /** Says which port it has opened, or why not. */
  #openUnlisted(id: number): void {
    try {
      this.#master.send({ type: "unlisted", id, port: this.#require().openUnlisted(id) });
    } catch (error) {
      this.#master.send({ type: "unlisted", id, problem: explain(error) });
    }
  }

  /** Says that new connections get these certificates, or why not. */
  #renew(id: number, tls: ServedTls): void {
    this.#tls = tls;
    try {
      this.#serving?.renew(tls);
      this.#master.send({ type: "tls-served", id });
    } catch (error) {
      this.#master.send({ type: "tls-served", id, problem: explain(error) });
    }
  }

  #require(): Serving<S> {
    if (this.#serving === undefined) throw new Error("the worker has not loaded its app");
    return this.#serving;
  }

  /** Ends: the master knows that nothing is left. */
  async #stop(): Promise<void> {
    await this.#serving?.stop();
    const leftMs = this.#serving?.drainLeftMs;
    return leftMs === undefined ? this.exit(0) : this.#endWithHandlers(leftMs);
  }

  async #force(): Promise<void> {
    const serving = this.#require();
    await serving.force(({ unfinished, connections, requests }) => {
      const { served } = serving;
      this.#master.send({ type: "forced", unfinished, connections, served, requests });
    });
    return this.#endWithHandlers(0);
  }

  /** The app's handlers have what is left of the drain. */
  async #endWithHandlers(leftMs: number): Promise<void> {
    await this.#signals.callHandlers(Math.max(leftMs - LAST_HANDLERS_MS, LAST_HANDLERS_MS));
    this.exit(0);
  }

  /** The master is gone. */
  async orphan(): Promise<void> {
    if (this.#master.isGone) return;
    this.#master.leave();
    if (this.#serving === undefined) return this.exit(1);
    await this.#serving.endAsOrphan();
    return this.#endWithHandlers(this.#serving.drainLeftMs ?? 0);
  }
}

/** The worker says a moment before the end of `startup_timeout` what it has waited for. */
function startUntilMs({ sentMs = machineMs(), startupTimeoutMs }: LoadMessage): number {
  return performance.now() - (machineMs() - sentMs) + startupTimeoutMs - NOTICE_MS;
}

/** The report before the app has loaded. */
function nothingYet(): WorkerReport {
  return { requests: 0, inFlight: 0, connections: 0, memoryBytes: process.memoryUsage.rss() };
}
