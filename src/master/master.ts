// The master: its parts, and how they are wired. It never loads user code.
//
// Signals (on-signal.ts), messages of workers (workers.ts), exits and the timer become events of
// the control loop (loop.ts), which takes them through the pure core (core/step.ts). The effects
// are performed in perform.ts, and counted in reports/. Where a SIGHUP goes: on-signal.ts →
// core/rules/rollout.ts → `load-config` → perform.ts → plan/make-plan.ts → `config-loaded`.
import type { Effect } from "../core/effects.ts";
import { expectedWorker } from "../core/expected-worker.ts";
import { initialState } from "../core/state.ts";
import { successorState } from "../core/rules/takeover.ts";
import type { MasterSignal } from "../signals.ts";
import { version } from "../version.ts";
import { Certificates } from "./certificates/certificates.ts";
import { Control } from "./control.ts";
import { Failures } from "./failures.ts";
import { Handover } from "./handover/handover.ts";
import { Listeners } from "./workers/listeners.ts";
import { ControlLoop, type MakeLoop } from "./loop.ts";
import { Metrics } from "./reports/metrics.ts";
import { onMasterSignal, type SignalTargets } from "./on-signal.ts";
import { CounterPages } from "./reports/counter-pages.ts";
import { Performer } from "./perform.ts";
import type { Plan } from "./plan/plan.ts";
import { Plans } from "./plan/plans.ts";
import { receiptWords } from "./reports/receipt-words.ts";
import { Receipts } from "./reports/receipts.ts";
import type { Ownership } from "./handover/ownership.ts";
import { Comparisons } from "./rollout/comparison.ts";
import type { MetricsPort, Surroundings } from "./surroundings.ts";
import { Verification } from "./rollout/verification.ts";
import { WearGauge } from "./workers/wear.ts";
import { Watchdog } from "./workers/watchdog.ts";
import { Workers } from "./workers/workers.ts";

/** How often to look whether the paths of Unix sockets are still there. */
const PATHS_EACH_MS = 2000;
/** How often to look whether files that have changed are as they were again. */
const FILES_EACH_MS = 2000;

export class Master implements SignalTargets {
  readonly loop: ControlLoop;
  readonly #listeners: Listeners;
  readonly #plans: Plans;
  readonly workers: Workers;
  readonly #receipts: Receipts;
  readonly #handover: Handover;
  readonly #certificates: Certificates;
  readonly #pages: CounterPages;
  readonly #metrics: Metrics;
  readonly #verification: Verification;
  readonly #metricsServer: MetricsPort;
  readonly #performer: Performer;
  /** What can be asked besides signals. */
  readonly control: Control;
  readonly #failures: Failures;
  readonly #ended = Promise.withResolvers<number>();

  /** @param makeLoop lets tests observe the loop */
  constructor(
    readonly surroundings: Surroundings,
    plan: Plan,
    readonly ownership: Ownership,
    makeLoop: MakeLoop = (...given) => new ControlLoop(...given),
  ) {
    const { predecessor, onTurn } = ownership;
    const { clock, executables, log: logger, pages, process, sockets, system } = surroundings;
    this.#listeners = new Listeners(sockets, clock, (worker, address, accepts) =>
      this.workers.send(worker, { type: "accept", address, accepts }),
    );
    clock.every(PATHS_EACH_MS, () => this.#listeners.shared.restore());
    clock.every(FILES_EACH_MS, () => this.#lookAtFiles());
    this.#receipts = new Receipts(clock);
    this.#pages = new CounterPages(pages);
    this.#metrics = new Metrics(this.#pages, clock, process);
    const state =
      predecessor === undefined
        ? initialState(plan.settings, version, system.sharesAddresses ? "kernel" : "solo")
        : successorState(plan.settings, version, predecessor.offer.estate);
    const targets = {
      perform: (effect: Effect) => this.#perform(effect),
      settled: () => {
        const now = this.loop.state;
        this.workers.expect(expectedWorker(now), now.serving);
        onTurn(now);
      },
      onBroken: (error: unknown) => this.#failures.takeLast(error),
      onError: (error: unknown) => this.fail(error),
    };
    this.#failures = new Failures({
      clock,
      log: logger.log,
      loop: () => this.loop,
      end: (code) => this.#ended.resolve(code),
    });
    this.loop = makeLoop(state, targets, clock);
    this.#plans = new Plans(executables, sockets);
    this.#plans.put(state.nextGeneration, plan);
    // What was taken over uses the configuration of the master that has it now.
    if (state.serving !== undefined) this.#plans.put(state.serving, plan);
    this.workers = this.#makeWorkers();
    void new Watchdog({
      clock,
      pages: this.#pages,
      state: () => this.loop.state,
      doing: (worker) => {
        const found = this.workers.processes.get(worker);
        return found && process.doing?.(found.pid);
      },
      dispatch: (event) => this.loop.dispatch(event),
    });
    void new WearGauge({
      clock,
      process,
      pages: this.#pages,
      state: () => this.loop.state,
      processes: () => this.workers.processes,
      dispatch: (event) => this.loop.dispatch(event),
    });
    this.#verification = new Verification({
      surroundings,
      plans: this.#plans,
      state: () => this.loop.state,
      send: (worker, message) => this.workers.send(worker, message),
      dispatch: (event) => this.loop.dispatch(event),
      log: (entries) => logger.relay(entries),
    });
    this.#handover = this.#makeHandover();
    this.#certificates = new Certificates(
      surroundings,
      this.#plans,
      this.workers,
      () => this.loop.state,
    );
    this.control = new Control(
      surroundings,
      this.loop,
      this.#plans,
      this.workers,
      this.#listeners,
      this.#receipts,
      this.#metrics,
      this.#certificates,
    );
    this.#metricsServer = surroundings.serveMetrics(
      () => this.control.metrics(),
      (problem) => logger.log("error", "no-metrics", problem),
    );
    this.#performer = new Performer({
      surroundings,
      loop: this.loop,
      plans: this.#plans,
      workers: this.workers,
      listeners: this.#listeners,
      metricsServer: this.#metricsServer,
      comparisons: new Comparisons(this.#pages, () => clock.now()),
      handover: this.#handover,
      verification: this.#verification,
      ownership,
      answer: (effect) => this.control.answer(effect),
      finish: (code) => this.#ended.resolve(this.#failures.exitCode(code)),
    });
  }

  #makeWorkers(): Workers {
    const { dev, log } = this.surroundings;
    return new Workers(
      this.surroundings,
      this.#plans,
      this.#listeners,
      this.#pages,
      log.log,
      (event) => this.loop.dispatch(event),
      {
        onDrained: (worker, report) => {
          this.#metrics.noteForced(report.forcedRequests.length);
          this.#receipts.noteDrain(worker, report);
        },
        onUncaught: (times) => this.#metrics.noteUncaught(times),
        onReport: (...reported) => this.control.noteReport(...reported),
        onUnlisted: (...opened) => this.#verification.noteOpened(...opened),
        onExit: (worker) => this.#verification.noteExit(worker),
        onTlsServed: (...served) => this.#certificates.noteAnswer(...served),
        onFiles: (...told) => dev?.onFiles(...told),
        onEntries: (entries) => log.relay(entries),
      },
    );
  }

  #makeHandover(): Handover {
    const { onHandedOver } = this.ownership;
    return new Handover({
      surroundings: this.surroundings,
      dispatch: (event) => this.loop.dispatch(event),
      workers: this.workers,
      listeners: this.#listeners,
      metrics: this.#metrics,
      port: () => this.#plans.port,
      held: () => this.#metricsServer.addresses,
      uid: () => this.#plans.uid,
      onReopen: () => this.surroundings.log.reopen(),
      onHandedOver: (pid) => {
        this.#metricsServer.close();
        onHandedOver(pid);
      },
    });
  }

  /** A generation whose slots are empty because its files have changed may get workers again. */
  #lookAtFiles(): void {
    for (const { number, outdated } of this.loop.state.generations.values()) {
      if (outdated === undefined) continue;
      const changed = this.surroundings.changedFiles(this.#plans.find(number)?.files ?? []);
      if (changed.join() === outdated.join()) continue;
      this.loop.dispatch({ type: "files-looked-at", generation: number, changed });
    }
  }

  /** Performs an effect, and lets everything that counts see it, even if it fails. */
  #perform(effect: Effect): void | Promise<void> {
    try {
      return this.#performer.perform(effect);
    } finally {
      this.#note(effect);
    }
  }

  #note(effect: Effect): void {
    this.#metrics.observe(effect);
    this.surroundings.dev?.onEffect(effect);
    const receipt = this.#receipts.observe(effect, this.surroundings.clock.now());
    if (receipt === undefined) return;
    this.#metrics.noteReceipt(receipt);
    this.surroundings.log.log("info", "receipt", ...receiptWords(receipt));
  }

  /** Handles a failure that nothing else handles: an uncaught error or rejection. */
  fail(error: unknown): void {
    this.#failures.take(error);
  }

  /** Starts the server. Resolves with the exit code when it has ended. */
  run(): Promise<number> {
    const { predecessor, onServer } = this.ownership;
    if (predecessor === undefined) onServer();
    predecessor?.adoptInto({
      surroundings: this.surroundings,
      workers: this.workers,
      listeners: this.#listeners,
      metrics: this.#metrics,
      dispatch: (event) => this.loop.dispatch(event),
    });
    this.turn();
    return this.#ended.promise;
  }

  /** Takes an event through the control loop that changes nothing. */
  turn(): void {
    this.loop.dispatch({ type: "tick" });
  }

  /** Whether that process is a worker whose exit has not been noticed yet. */
  hasWorker(pid: number): boolean {
    return this.workers.hasProcess(pid);
  }

  signal(signal: MasterSignal): void {
    onMasterSignal(this, signal);
  }
}
