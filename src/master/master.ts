// The master: signals in, effects out. It never loads user code.
//
// Signals, messages of workers, exits and the timer become events of the control loop (loop.ts), which
// takes them through the pure core (core/step.ts); the effects are performed here, each in one line or
// one function. Where a SIGHUP goes: signals.ts → `signal` → core/rollout.ts → `load-config` → plan.ts.
import { MetricsServer } from "../admin/metrics-server.ts";
import type { LoadInput } from "../config/load.ts";
import type { Effect } from "../core/effects.ts";
import { inheritedState } from "../core/handover.ts";
import { message as words } from "../core/messages.ts";
import { addressesAlone } from "../core/one-listener.ts";
import { initialState } from "../core/state.ts";
import { embeddedApp } from "../embedded-app.ts";
import type { Log, Logger } from "../log/logger.ts";
import { releaseCodePages } from "../net/code-pages.ts";
import { here } from "../platform.ts";
import type { MasterSignal } from "../signals.ts";
import { Listeners } from "./listeners.ts";
import { Control } from "./control.ts";
import { Handover } from "./handover.ts";
import { handoverRefusal } from "./handover-refusal.ts";
import type { StartCommand } from "./heir.ts";
import { ControlLoop } from "./loop.ts";
import { Metrics } from "./metrics.ts";
import { Pages } from "./pages.ts";
import { makePlan, type Plan } from "./plan.ts";
import { ExecutableFiles } from "./executable-file.ts";
import { Plans } from "./plans.ts";
import type { Predecessor } from "./predecessor.ts";
import { watcher } from "./watcher.ts";
import { receiptWords } from "./receipt-words.ts";
import { Receipts } from "./receipts.ts";
import type { ServiceManager } from "./service-manager.ts";
import { Workers } from "./workers.ts";

/** How a master stands between the one before it and the one after. */
export interface Succession {
  /** How this process was started. */
  readonly command: StartCommand;
  /** The master that this one takes over from. */
  readonly predecessor: Predecessor | undefined;
  /** The server is this process's: from the start, or when it has taken it over. */
  readonly onServer: () => void;
  /** The server is the process `pid`'s. The place to tell a supervisor so. */
  readonly onHandedOver: (pid: number) => void;
  /** The service manager that waits to hear of the server, if there is one. */
  readonly manager: ServiceManager | undefined;
}

export class Master {
  readonly #loop: ControlLoop;
  readonly #listeners = new Listeners();
  readonly #plans: Plans;
  readonly #workers: Workers;
  readonly #receipts = new Receipts();
  readonly #handover: Handover;
  readonly #pages = new Pages();
  readonly #metrics = new Metrics(this.#pages);
  readonly #metricsServer: MetricsServer;
  /** What can be asked besides signals. */
  readonly control: Control;
  readonly log: Log;
  #finish: (code: number) => void = () => undefined;

  constructor(
    readonly input: LoadInput,
    plan: Plan,
    readonly logger: Logger,
    readonly succession: Succession,
  ) {
    const { log } = logger;
    this.log = log;
    const { command, predecessor, onHandedOver, manager } = succession;
    this.#loop = new ControlLoop(
      predecessor === undefined
        ? initialState(plan.settings, here.sharesAddresses ? "kernel" : "unshared")
        : inheritedState(plan.settings, predecessor.offer.estate),
      (effect) => {
        this.#perform(effect);
        this.#metrics.observe(effect);
        const receipt = this.#receipts.observe(effect, this.#loop.state, performance.now());
        if (receipt === undefined) return;
        this.#metrics.noteReceipt(receipt);
        log("info", "receipt", ...receiptWords(receipt));
      },
      () => {
        manager?.observe(this.#loop.state);
        this.control.settle();
      },
    );
    this.#plans = new Plans(plan, new ExecutableFiles(command.path, embeddedApp() !== undefined));
    this.#workers = new Workers(
      this.#plans,
      this.#listeners,
      this.#pages,
      log,
      (event) => this.#loop.dispatch(event),
      {
        onDrained: (worker, generation, report) => {
          this.#metrics.noteForced(report.forcedRequests.length);
          this.#receipts.noteDrain(worker, generation, report);
        },
        onReport: (...reported) => this.control.noteReport(...reported),
        onEntries: (entries) => logger.relay(entries),
      },
    );
    this.#handover = new Handover(command, {
      loop: () => this.#loop,
      workers: this.#workers,
      listeners: this.#listeners,
      log,
      port: () => this.#plans.port,
      held: () => this.#metricsServer.addresses,
      onReopen: () => logger.refresh(),
      onHandedOver: (pid) => {
        this.#metricsServer.close();
        onHandedOver(pid);
      },
      onEnd: () => this.#finish(0),
    });
    this.control = new Control(
      this.#loop,
      this.#workers,
      this.#listeners,
      this.#receipts,
      this.#metrics,
      () => this.#handover.successor,
    );
    this.#metricsServer = new MetricsServer(
      () => this.control.metrics(),
      (problem) => log("error", "no-metrics", problem),
    );
  }

  /** Metrics are where the generation that serves has them. */
  #placeMetrics(): void {
    const { serving } = this.#loop.state;
    if (serving !== undefined) this.#metricsServer.use(this.#plans.of(serving).metrics);
  }

  /** Starts the server. Resolves with the exit code when it has ended. */
  run(): Promise<number> {
    return new Promise((finish) => {
      this.#finish = finish;
      const { predecessor, onServer } = this.succession;
      if (predecessor === undefined) onServer();
      predecessor?.adoptInto({
        workers: this.#workers,
        listeners: this.#listeners,
        log: this.log,
        dispatch: (event) => this.#loop.dispatch(event),
      });
      this.#loop.dispatch({ type: "tick" });
    });
  }

  /** Takes an event through the control loop that changes nothing by itself. */
  turn(): void {
    this.#loop.dispatch({ type: "tick" });
  }

  /** Whether that process is a worker whose exit has not been seen yet. */
  hasWorker(pid: number): boolean {
    return this.#workers.hasProcess(pid);
  }

  signal(signal: MasterSignal): void {
    const { successor } = this.#handover;
    if (successor !== undefined && signal !== "SIGUSR1") {
      const about = { by: signal, pid: successor };
      return this.log("warn", "signal-ignored", words.afterHandover(signal, successor), about);
    }
    switch (signal) {
      case "SIGHUP":
        return this.#loop.dispatch({ type: "reload-requested", by: signal });
      case "SIGTERM":
        return this.#loop.dispatch({ type: "stop-requested", mode: "graceful", signal });
      case "SIGINT":
        return this.#loop.dispatch({ type: "stop-requested", mode: "impatient", signal });
      case "SIGQUIT":
        return this.#loop.dispatch({ type: "stop-requested", mode: "now", signal });
      case "SIGTTIN":
        return this.#loop.dispatch({ type: "scale-requested", by: 1, signal });
      case "SIGTTOU":
        return this.#loop.dispatch({ type: "scale-requested", by: -1, signal });
      case "SIGUSR1":
        this.logger.reopen(signal);
        return this.#workers.sendAll({ type: "reopen-log" });
      case "SIGUSR2":
        return this.#requestHandover(signal);
      default:
        signal satisfies never;
    }
  }

  #requestHandover(by: MasterSignal): void {
    const refusal = this.control.isDraining
      ? "a drain command is under way, which a new master would not know of"
      : handoverRefusal(watcher());
    if (refusal === undefined) return this.#loop.dispatch({ type: "handover-requested", by });
    this.log("warn", "handover-refused", words.handoverRefused(by, refusal), {
      by,
      reason: refusal,
    });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "log":
        return this.#log(effect);
      case "load-config":
        return void this.#loadConfig();
      case "spawn":
        if (this.#loop.state.takeover !== "none") {
          this.succession.predecessor?.send({ type: "spawned", worker: effect.worker });
        }
        return this.#workers.spawn(effect);
      case "bind":
        return this.#workers.bind(effect.worker);
      case "steer":
        return this.#listeners.steer(effect.address, effect.program);
      case "close-listener": {
        return this.#listeners.close(effect.address, effect.worker, effect);
      }
      case "quiet-listener":
        return this.#listeners.quiet(effect.address, effect.worker);
      case "release-listener":
        return this.#workers.send(effect.worker, { type: "release", address: effect.address });
      case "drain": {
        const { worker, type, reason, timeoutMs, closeIdle } = effect;
        return this.#workers.send(worker, { type, reason, timeoutMs, closeIdle });
      }
      case "stop":
      case "force":
        return this.#workers.send(effect.worker, { type: effect.type });
      case "kill":
        return this.#workers.kill(effect.worker);
      case "listening":
        this.#placeMetrics();
        return this.#tellListening(effect.addresses);
      case "announce-stop":
        this.#listeners.willStop();
        return this.#workers.setHealth(true);
      case "reload-ended":
        releaseCodePages();
        this.#placeMetrics();
        return this.#plans.keepOnly(this.#loop.state.generations);
      case "hand-over":
        return this.#handover.begin();
      case "abort-handover":
        return void this.#handover.fail("the server stops");
      case "grant":
        return this.#handover.grant();
      case "claim":
        return this.succession.predecessor?.send({ type: "claim" });
      case "taken-over":
        return this.#takenOver();
      case "exit":
        this.#metricsServer.close();
        return this.#finish(effect.code);
      default:
        effect satisfies never;
    }
  }

  /** The log is written as the generation that serves has it. */
  #log({ level, event, message, fields }: Extract<Effect, { readonly type: "log" }>): void {
    const { serving } = this.#loop.state;
    if (serving !== undefined) this.logger.use(this.#plans.of(serving).config.log);
    this.log(level, event, message, fields);
  }

  #takenOver(): void {
    const pid = this.succession.predecessor?.pid ?? 0;
    const { addresses } = this.#listeners;
    // The old master may have been asked to open them anew meanwhile.
    this.logger.refresh();
    this.#workers.sendAll({ type: "reopen-log" });
    this.log("info", "took-over", words.tookOver(pid, addresses), { pid });
    this.#placeMetrics();
    this.succession.onServer();
  }

  async #loadConfig(): Promise<void> {
    const ours = [...this.#listeners.addresses, ...addressesAlone(this.#loop.state)];
    const addresses = [...ours, ...this.#metricsServer.addresses];
    const held = { port: this.#plans.port, addresses };
    const result = await makePlan(this.input, held);
    if (!result.ok) {
      this.#loop.dispatch({ type: "config-rejected", reason: result.errors.join("\n") });
      return;
    }
    for (const warning of result.warnings) this.log("warn", "config-warning", warning);
    this.#plans.add(result.plan);
    this.#loop.dispatch({ type: "config-loaded", settings: result.plan.settings });
  }

  #tellListening(addresses: readonly string[]): void {
    for (const address of addresses) {
      this.log("info", "listening", `Listening on http://${address}`, { address });
    }
  }
}
