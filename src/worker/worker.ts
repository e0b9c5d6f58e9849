// A worker process: does what the master says, in the order load, bind, drain, stop. How it loads
// its app is in loading.ts, what it does with its servers in serving.ts, how it ends in ending.ts.
//
// While its master lives, it ignores TERM, INT and HUP, and stops when the master says so. When its
// master dies, it finishes its requests and ends.
import type { Channel } from "../ipc/channel.ts";
import type { LoadMessage, Sharers, ToWorker, WorkerReport } from "../ipc/messages.ts";
import type { Address } from "../net/address.ts";
import { machineMs } from "../os/clock.ts";
import { releaseCodePages } from "../os/code-pages.ts";
import { explain } from "../os/shortage.ts";
import type { ServedTls } from "../tls/served.ts";
import { secondsToLive } from "./drain/orphan.ts";
import { Ending } from "./ending.ts";
import { NOTICE_MS, reasonOf } from "./load.ts";
import { Links } from "./links/links.ts";
import { Loading } from "./loading.ts";
import type { Health } from "./serve/health.ts";
import type { Servers } from "./serve/servers.ts";
import { Serving } from "./serving.ts";
import type { System } from "./system.ts";
import { ToMaster } from "./to-master.ts";
import { watchApp } from "./watch-app.ts";
import type { WorkerLog } from "./worker-log.ts";

export class Worker<S extends Servers> {
  #loading: Loading<S> | undefined;
  #serving: Serving<S> | undefined;
  /** Whether the health check answers 503. */
  #isStopping = false;
  /** When it must be ready, as `performance.now()` gives it. */
  #startUntilMs = Infinity;
  #isWarm = false;
  /** Certificates that came after the load message. */
  #tls: ServedTls | undefined;
  readonly #master: ToMaster;
  readonly #ending: Ending;
  /** To other workers of this server. */
  readonly links = new Links({
    noteDescriptors: (more) => this.#serving?.noteDescriptors(more),
    onThrown: (peer, thrown) => {
      const words = `a message of worker ${peer} failed: ${explain(thrown)}`;
      this.#loading?.log.warn("link-failed", words);
    },
  });

  /** Runs before anything of the app is loaded. */
  constructor(
    readonly system: System<S>,
    channel: Channel,
    leave: (code: number) => void,
  ) {
    const log = (): WorkerLog | undefined => this.#loading?.log;
    this.#master = new ToMaster(channel, (entries) =>
      log()?.warn("log-lost", `${entries} log entries were lost before this one`),
    );
    const signals = watchApp({
      system,
      master: this.#master,
      loading: () => this.#loading,
      serving: () => this.#serving,
      ending: () => this.#ending,
      onOrphaned: () => void this.orphan(),
    });
    this.#ending = new Ending({ signals, log, leave });
  }

  /**
   * A failure is reported. The master has its deadlines, and the next message is obeyed as usual.
   */
  async receive(message: ToWorker): Promise<void> {
    try {
      await this.#obey(message);
    } catch (error) {
      const words = `the master's request "${message.type}" failed: ${explain(error)}`;
      this.#loading?.log.warn("message-failed", words);
      if (message.type === "stop" || message.type === "force") this.#ending.exit(1);
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
        this.#loading?.closeDebugger();
        await serving.drain(message);
        const { needsTime } = this.#ending;
        return this.#master.send({ type: "idle", served: serving.served, needsTime });
      }
      case "spread":
        return this.#require().spread(message.isOn);
      case "standby":
        return this.#require().standby(message.isOn);
      case "link": {
        const { stream, descriptors } = this.system.takeLink(message.peer);
        return this.links.open(message.peer, stream, descriptors);
      }
      case "carry":
        return this.#require().redirectWebSockets(message.workers);
      case "lead":
        return this.#require().lead(message.untilMs);
      case "lease":
        return this.#loading?.leadership.renew(message.untilMs);
      case "resign":
        return this.#loading?.leadership.resign();
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
        return this.#loading?.log.reopen();
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
    if (!isAlive) return this.#ending.exit(1);
    this.#startUntilMs = startUntilMs(settings);
    const health = (): Health => this.#health;
    const [master, links] = [this.#master, this.links];
    const loading = new Loading(settings, { system, master, health, links });
    this.#loading = loading;
    const before = loading.changedFiles;
    if (before.length > 0) return this.#master.outdated(before);
    const loaded = await loading.load();
    const since = loading.changedFiles;
    if (since.length > 0) return this.#master.outdated(since);
    if (!loaded.ok) return this.#master.fail(loaded.reason);
    const { app, servers, honoNote } = loaded;
    const { meter, log, leadership } = loading;
    this.#serving = new Serving(system, {
      app,
      servers,
      meter,
      settings,
      log,
      leadership,
      links: this.links,
    });
    if (this.#tls !== undefined) this.#serving.renew(this.#tls);
    if (this.#master.hasFailed) return;
    const isFirst = this.system.warmsUpEarly || settings.warmsUpFirst === true;
    const isEarly = isFirst && !settings.isTrial;
    if (isEarly && !(await this.#warmUp(this.#serving, settings.addresses[0]))) return;
    this.#master.send(loading.told(loaded));
    if (honoNote !== undefined) log.warn("hono-lost", honoNote);
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
    await this.#loading?.settled;
    if (!(await this.#warmUp(serving, bound[0]))) return;
    this.#master.ready();
    serving.limitConnections((isFull) => this.#master.send({ type: "full", isFull }));
    this.#loading?.watchFiles();
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

  get #health(): Health {
    if (this.#isStopping) return "draining";
    return this.#master.isReady ? "ok" : "starting";
  }

  #require(): Serving<S> {
    if (this.#serving === undefined) throw new Error("the worker has not loaded its app");
    return this.#serving;
  }

  /** Ends: the master knows that nothing is left. */
  async #stop(): Promise<void> {
    await this.#serving?.stop();
    const leftMs = this.#serving?.drainLeftMs;
    return leftMs === undefined ? this.#ending.exit(0) : this.#ending.exitWithHandlers(leftMs);
  }

  async #force(): Promise<void> {
    const serving = this.#require();
    await serving.force(({ unfinished, connections, requests }) => {
      const { served } = serving;
      this.#master.send({ type: "forced", unfinished, connections, served, requests });
    });
    return this.#ending.exitWithHandlers(0);
  }

  /** The master is gone. */
  async orphan(): Promise<void> {
    if (this.#master.isGone) return;
    this.#master.leave();
    void this.#loading?.leadership.leave();
    if (this.#serving === undefined) return this.#ending.exit(1);
    await this.#serving.endAsOrphan();
    return this.#ending.exitWithHandlers(this.#serving.drainLeftMs ?? 0);
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
