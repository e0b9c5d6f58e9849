// A worker process: does what the master says, in the order load, bind, drain, stop.
//
// Its whole life is `run`, which resolves with the exit code. While its master lives it ignores
// TERM, INT and HUP and is told by it; when its master dies it finishes what it has and ends by
// itself.
import type { DrainReason } from "../core/effects.ts";
import type { LogEvent } from "../core/log-events.ts";
import { Channel } from "../ipc/channel.ts";
import { type FromWorker, type LoadMessage, readToWorker, type ToWorker } from "../ipc/messages.ts";
import { WORKER_CHANNEL } from "../ipc/inherited.ts";
import { contextOf } from "../errors/context.ts";
import { errorFields } from "../errors/describe-error.ts";
import type { Address } from "../net/address.ts";
import { flushSinks } from "../log/sink.ts";
import { releaseCodePages } from "../os/code-pages.ts";
import { explain } from "../os/shortage.ts";
import { here } from "../platform.ts";
import { version } from "../version.ts";
import type { App } from "./app/app.ts";
import { AppSignals, SIGNAL_EVENTS } from "./app/app-signals.ts";
import { waiting } from "./drain/drain.ts";
import { portInUse, refuseOwnPorts } from "./app/own-ports.ts";
import { secondsToLive } from "./drain/orphan.ts";
import { ownHono } from "./app/hono-origin.ts";
import { HeldEvents } from "./app/held-events.ts";
import { runShutdown } from "./app/hooks.ts";
import { labelOf, loadServers, reasonOf } from "./load.ts";
import { type Meter, openMeter } from "./requests/meter.ts";
import { PACE_MS } from "./closing/pace.ts";
import type { Servers } from "./serve/servers.ts";
import { ToMaster } from "./to-master.ts";
import { linux, type System } from "./system.ts";
import { Count, UNCAUGHT_EVENTS, watchUncaught } from "./app/uncaught.ts";
import { WorkerLog } from "./worker-log.ts";

/**
 * A connection that is opened at import and not awaited fails a moment after it. The first worker
 * of a generation is not ready before: the others are loading meanwhile, so this costs time with
 * one worker alone.
 */
const SETTLE_MS = 20;
/** For the app's signal handlers, where the time of a drain is up: the master waits a second. */
const LAST_HANDLERS_MS = 300;
/** How long a reader of the log that takes nothing is waited for at the end. */
const LAST_LINES_MS = 200;

interface Loaded<S extends Servers> {
  readonly app: App;
  readonly servers: S;
  readonly meter: Meter;
  readonly settings: LoadMessage;
}

class Worker<S extends Servers> {
  #loaded: Loaded<S> | undefined;
  #settings: LoadMessage | undefined;
  #log: WorkerLog | undefined;
  #stopping = false;
  #closeIdle = false;
  #drained: Promise<void> | undefined;
  /** Requests that had come before the drain began. */
  #requestsBefore = 0;
  #isSwept = false;
  /** When the time to drain is up, as `performance.now()` gives it. */
  #drainUntilMs = 0;
  /** Resolves when the app has had a moment to throw what it throws a moment after its import. */
  #settled: Promise<void> = Promise.resolve();
  readonly #master: ToMaster;
  readonly #signals: AppSignals;
  readonly #uncaught = new Count((times) =>
    this.#master.send({ type: "uncaught", error: this.#lastUncaught, times }),
  );
  #lastUncaught = "";

  /** Before anything of the app is loaded. */
  constructor(
    readonly system: System<S>,
    channel: Channel,
    readonly leave: (code: number) => void,
  ) {
    this.#master = new ToMaster(channel, (entries) =>
      this.#log?.warn("log-lost", `${entries} entries of the log were lost before this`),
    );
    const held = new HeldEvents([...SIGNAL_EVENTS, ...UNCAUGHT_EVENTS]);
    const master = system.parentPid();
    this.#signals = new AppSignals({
      held,
      onTerm: () => {
        if (system.parentPid() !== master) void this.orphan();
      },
      onExit: (thrown) => this.#tell("app-exited", "the app ended its process", thrown),
      onSelfSignal: (signal) =>
        this.#log?.warn("self-signal", `the app sent itself ${signal}, which pounce ignores`),
      onError: (thrown) =>
        this.#tell("signal-handler-threw", "the app's signal handler threw", thrown),
    });
    watchUncaught(held, (error) => this.#onUncaught(error));
  }

  exit(code: number): void {
    this.#signals.allowExit();
    this.leave(code);
  }

  #tell(event: LogEvent, what: string, thrown: unknown): void {
    this.#log?.error(event, what, { thrown });
  }

  /**
   * What fails is told of: the master has its deadlines, and the next message is obeyed as ever.
   */
  async receive(message: ToWorker): Promise<void> {
    try {
      await this.#obey(message);
    } catch (error) {
      const words = `what the master asked for ("${message.type}") failed: ${explain(error)}`;
      this.#log?.warn("message-failed", words);
      if (message.type === "stop" || message.type === "force") this.exit(1);
    }
  }

  async #obey(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "load":
        return this.#load(message);
      case "bind":
        return this.#bind(message.addresses);
      case "drain":
        this.#closeIdle ||= message.closeIdle;
        await this.#drain(message.reason, message.timeoutMs);
        return this.#master.send({
          type: "idle",
          served: this.#served,
          needsTime: this.#signals.hasHandlers,
        });
      case "release":
        return this.#release(message.address);
      case "health":
        this.#stopping = message.draining;
        return;
      case "report":
        return this.#report(message.id);
      case "reopen-log":
        this.#loaded?.servers.handlers.requestLayer?.reopen();
        return this.#log?.reopen();
      case "stop":
        return this.#stop();
      case "force":
        return this.#force();
      default:
        message satisfies never;
    }
  }

  /** The app threw outside a request, and nothing of it has caught that. */
  #onUncaught(error: unknown): void {
    const settings = this.#settings;
    if (settings === undefined) throw error;
    if (!this.#master.isReady) {
      const label = labelOf(settings);
      const told = portInUse(error, label, settings.addresses) ?? error;
      return this.#master.fail(reasonOf(told, `app ${label}, outside a request`));
    }
    const where = contextOf(error);
    const what = where === undefined ? "the app threw outside a request" : `${where} threw`;
    this.#tell("uncaught", what, error);
    if (settings.uncaught === "exit") return this.exit(1);
    const { name, message } = errorFields(error);
    this.#lastUncaught = `${name}: ${message}`;
    this.#uncaught.add();
  }

  async #load(settings: LoadMessage): Promise<void> {
    const { system } = this;
    const orphan = (): void => void this.orphan();
    const isAlive = system.endWithParent(settings.master, secondsToLive(settings), orphan);
    if (!isAlive) return this.exit(1);
    this.#settings = settings;
    const log = new WorkerLog(settings, (entry) => this.#master.relay(entry));
    this.#log = log;
    const meter = openMeter(() => system.mapPage(settings.page));
    const isStopping = (): boolean => this.#stopping;
    const loaded = await loadServers(settings, { system, log, meter, isStopping });
    if (!loaded.ok) return this.#master.fail(loaded.reason);
    const { app, servers, honoNote } = loaded;
    this.#loaded = { app, servers, meter, settings };
    const isFirst = settings.app.file === undefined;
    if (isFirst) this.#settled = settle();
    if (settings.isTrial) await this.#settled;
    if (this.#master.hasFailed) return;
    const { file, shape, notes } = app;
    this.#master.send({ type: "loaded", file, shape, notes, ownHono: ownHono(file) });
    if (honoNote !== undefined) log.warn("hono-lost", honoNote);
  }

  async #bind(addresses: readonly Address[]): Promise<void> {
    if (this.#master.hasFailed) return;
    const { servers, meter, settings } = this.#require();
    try {
      if (servers.addresses.length === 0) {
        refuseOwnPorts(labelOf(settings), addresses, this.system.openPorts());
      }
      const bound = this.system.listen(servers, addresses);
      this.#master.send({ type: "bound", addresses: bound });
    } catch (error) {
      return this.#master.send({ type: "failed", reason: reasonOf(error, "listening") });
    }
    if (!this.#isSwept) this.system.keepAlive(servers, meter, settings.keepAliveTimeoutMs);
    this.#isSwept = true;
    await this.#settled;
    if (this.#master.hasFailed) return;
    this.#master.ready();
    releaseCodePages();
  }

  #require(): Loaded<S> {
    if (this.#loaded === undefined) throw new Error("the worker has not loaded its app");
    return this.#loaded;
  }

  /** Begins the drain, the first time; resolves when the worker is idle. */
  #drain(reason: DrainReason, timeoutMs: number): Promise<void> {
    this.#drained ??= this.#beginDrain(reason, timeoutMs);
    return this.#drained;
  }

  #beginDrain(reason: DrainReason, timeoutMs: number): Promise<void> {
    const { app, servers, settings } = this.#require();
    this.#drainUntilMs = performance.now() + timeoutMs;
    this.#requestsBefore = servers.handlers.inFlight.total;
    const trouble = waiting(servers, "a step of the drain's begin");
    trouble.survive(() => servers.markResponses(reason === "reload" ? PACE_MS : 0));
    trouble.survive(() => servers.handlers.webSockets.closeAll());
    const identity = { generation: settings.generation, worker: settings.worker };
    const hook = runShutdown(app, identity, reason, timeoutMs, (error) =>
      this.#log?.error("shutdown-hook-threw", "the app's shutdown hook threw", { thrown: error }),
    );
    return this.system.untilIdle(servers, hook, () => this.#closeIdle);
  }

  get #served(): number {
    return (this.#loaded?.servers.handlers.inFlight.total ?? 0) - this.#requestsBefore;
  }

  #report(id: number): void {
    const servers = this.#loaded?.servers;
    const report = {
      requests: servers?.handlers.inFlight.total ?? 0,
      inFlight: servers?.handlers.pendingRequests ?? 0,
      connections: servers?.connectionCount ?? 0,
      memoryBytes: process.memoryUsage.rss(),
    };
    this.#master.send({ type: "report", id, report });
  }

  /**
   * Lets go of a listener once its queue is empty; the master sees to it that nothing new comes.
   */
  async #release(address: string): Promise<void> {
    const { servers } = this.#require();
    await this.system.release(servers, address);
    this.#master.send({ type: "released", address });
  }

  /**
   * Ends, as the master has been told that nothing is left; should anything have come since, after
   * it.
   */
  async #stop(): Promise<void> {
    const servers = this.#loaded?.servers;
    if (servers !== undefined) {
      await this.system.untilEmpty(servers);
      servers.handlers.inFlight.sweep();
      servers.stop(false);
    }
    if (this.#drained !== undefined) {
      const leftMs = this.#drainUntilMs - LAST_HANDLERS_MS - performance.now();
      await this.#signals.callHandlers(Math.max(leftMs, LAST_HANDLERS_MS));
    }
    this.exit(0);
  }

  async #force(): Promise<void> {
    const { servers } = this.#require();
    // Ended it is in any case, whatever can be told of it.
    waiting(servers, "telling what is ended by force").survive(() => {
      const { unfinished, connections, requests } = this.system.stillGoingOn(servers);
      this.#master.send({
        type: "forced",
        unfinished,
        connections,
        served: this.#served,
        requests,
      });
    });
    await this.system.force(servers);
    await this.#signals.callHandlers(LAST_HANDLERS_MS);
    this.exit(0);
  }

  /** The master is gone. */
  async orphan(): Promise<void> {
    if (this.#master.isGone) return;
    this.#master.leave();
    if (this.#loaded === undefined) return this.exit(1);
    const { servers, settings } = this.#loaded;
    const drain = (): Promise<void> => this.#drain("stop", settings.shutdownTimeoutMs);
    await this.system.endAsOrphan(servers, settings, drain);
    await this.#signals.callHandlers(LAST_HANDLERS_MS);
    this.exit(0);
  }
}

/** Gives what fails a moment after the import its time, and Bun a turn to tell of it. */
async function settle(): Promise<void> {
  await Bun.sleep(SETTLE_MS);
  await new Promise(setImmediate);
}

/** Runs this process as a worker. Resolves with the exit code. */
export async function runWorker(): Promise<number> {
  if (here.sharesAddresses) return runOn(linux);
  const { solo } = await import("./solo/system.ts");
  return runOn(solo);
}

async function runOn<S extends Servers>(system: System<S>): Promise<number> {
  system.nameProcess();
  const code = await new Promise<number>((exit) => {
    const channel: Channel = new Channel(WORKER_CHANNEL, {
      onValue: (value) => {
        const message = readToWorker(value);
        if (message !== undefined) void worker.receive(message);
      },
      onClosed: () => void worker.orphan(),
    });
    const worker = new Worker(system, channel, exit);
    channel.send({ type: "started", version } satisfies FromWorker);
  });
  await flushSinks(LAST_LINES_MS);
  return code;
}
