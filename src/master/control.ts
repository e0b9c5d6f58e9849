// What can be asked of a running master over its control socket, besides signals.
import {
  generationSnapshots,
  phaseOfServer,
  type Receipt,
  seconds,
  type Snapshot,
  type WorkerReport,
} from "../admin/snapshot.ts";
import { underWay } from "../admin/under-way.ts";
import { formatDuration } from "../core/duration.ts";
import { ONE_WORKER } from "../core/messages.ts";
import { isBusyHandingOver, servingGeneration } from "../core/predicates.ts";
import { version } from "../version.ts";
import type { Listeners } from "./workers/listeners.ts";
import type { ControlLoop } from "./loop.ts";
import type { Metrics } from "./reports/metrics.ts";
import type { Receipts } from "./reports/receipts.ts";
import { notAllServe, scaleResult, type ScaleResult } from "./scale-result.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Workers } from "./workers/workers.ts";

/** How long workers have to report; one that is busy for longer is shown without its numbers. */
const REPORT_MS = 300;

/** The new generation would come with its configured number, and the scaling be gone unnoticed. */
const SCALE_DURING_RELOAD =
  "a reload is in progress, which sets the number of workers: scale when it has ended";

const SCALE_DURING_HANDOVER =
  "the server is being handed over to a new master: scale when that has ended";

/** When a reload that was asked for is answered. */
export type Until = "steered" | "ended";

/** How a reload that was asked for went. `receipt` once it has ended. */
export interface ReloadResult {
  readonly generation: number;
  readonly ok: boolean;
  readonly reason: string | null;
  readonly receipt: Receipt | null;
}

interface Waiter {
  readonly generation: number;
  readonly until: Until;
  readonly resolve: (result: ReloadResult) => void;
}

interface Collection {
  readonly reports: Map<number, WorkerReport>;
  readonly awaited: Set<number>;
  readonly done: () => void;
}

export class Control {
  #waiters: Waiter[] = [];
  /** Each is called after an event, until it is true. */
  readonly #looks = new Set<() => boolean>();
  readonly #collections = new Map<number, Collection>();
  #nextCollection = 0;
  /** The `drain` commands that wait for their time to pass. */
  #drains = 0;

  constructor(
    readonly surroundings: Surroundings,
    readonly loop: ControlLoop,
    readonly workers: Workers,
    readonly listeners: Listeners,
    readonly receipts: Receipts,
    readonly serverMetrics: Metrics,
    readonly successor: () => number | undefined,
  ) {}

  /** Why nothing can be asked of this process any more; `undefined` while it has the server. */
  get handedOver(): string | undefined {
    const pid = this.successor();
    return pid === undefined ? undefined : `the server has been handed over to process ${pid}`;
  }

  /** Whether health answers 503 for a while. */
  get isDraining(): boolean {
    return this.#drains > 0;
  }

  /**
   * The metrics as Prometheus reads them. No worker is asked: one that is stuck is counted as well.
   */
  metrics(): string {
    const pids = [...this.workers.processes.values()].map(({ pid }) => pid);
    return this.serverMetrics.text(this.loop.state, pids);
  }

  /** A worker has reported. */
  noteReport(worker: number, id: number, report: WorkerReport): void {
    const collection = this.#collections.get(id);
    if (collection === undefined) return;
    collection.reports.set(worker, report);
    collection.awaited.delete(worker);
    if (collection.awaited.size === 0) collection.done();
  }

  async snapshot(): Promise<Snapshot> {
    const reports = await this.#collectReports();
    const { state } = this.loop;
    const nowMs = this.surroundings.clock.now();
    const settings = servingGeneration(state)?.settings ?? state.settings;
    return {
      version,
      pid: this.surroundings.process.pid,
      uptime: seconds(nowMs),
      state: phaseOfServer(state),
      addresses: this.listeners.addresses,
      steering: state.steering,
      app: settings.appLabel,
      generations: generationSnapshots(state, this.workers.processes, reports, nowMs),
      reloads: this.receipts.kept,
      under_way: underWay(state, this.isDraining),
      last_reload: this.receipts.last,
    };
  }

  async #collectReports(): Promise<Map<number, WorkerReport>> {
    const id = this.#nextCollection++;
    const { promise, resolve } = Promise.withResolvers<void>();
    const reports = new Map<number, WorkerReport>();
    const awaited = new Set(this.workers.processes.keys());
    if (awaited.size === 0) return reports;
    this.#collections.set(id, { reports, awaited, done: resolve });
    this.workers.sendAll({ type: "report", id });
    await Promise.race([promise, this.#sleep(REPORT_MS)]);
    this.#collections.delete(id);
    return reports;
  }

  /**
   * Asks for a reload. Only reloads take numbers of generations, so the one that carries this
   * request is the next number, whether it begins now or after the one that is under way.
   */
  reload(until: Until): Promise<ReloadResult> {
    const generation = this.loop.state.nextGeneration;
    return new Promise((resolve) => {
      this.#waiters.push({ generation, until, resolve });
      this.loop.dispatch({ type: "reload-requested", by: "a reload command" });
    });
  }

  /** Answers those who wait for something that has come true. Called after each event. */
  settle(): void {
    for (const isDone of this.#looks) if (isDone()) this.#looks.delete(isDone);
    if (this.#waiters.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => {
      const result = this.#resultOf(waiter);
      if (result !== undefined) waiter.resolve(result);
      return result === undefined;
    });
  }

  #resultOf({ generation, until }: Waiter): ReloadResult | undefined {
    const { state } = this.loop;
    const receipt = this.receipts.of(generation);
    if (receipt !== undefined) {
      const { outcome, reason } = receipt;
      return { generation, ok: outcome === "completed", reason, receipt };
    }
    const isSteered = state.serving !== undefined && state.serving >= generation;
    if (until === "steered" && isSteered) {
      return { generation, ok: true, reason: null, receipt: null };
    }
    if (state.succession.name === "granted") {
      const reason = "the server has been handed over to another process; ask that one";
      return { generation, ok: false, reason, receipt: null };
    }
    const cannotBegin = state.stop.name !== "none" && state.nextGeneration <= generation;
    if (!cannotBegin) return undefined;
    return { generation, ok: false, reason: "the server is stopping", receipt: null };
  }

  /**
   * Has a number of workers until the next reload. Resolves when they serve, or with the reason why
   * not.
   */
  async scale(workers: number): Promise<ScaleResult> {
    const { state } = this.loop;
    if (phaseOfServer(state) !== "serving") {
      return { reason: `the server is ${phaseOfServer(state)}` };
    }
    if (state.rollout.name !== "none") return { reason: SCALE_DURING_RELOAD };
    if (isBusyHandingOver(state)) return { reason: SCALE_DURING_HANDOVER };
    if (state.steering === "unshared" && workers !== 1) return { reason: ONE_WORKER };
    const scaling = { generation: state.serving, workers, sinceMs: this.surroundings.clock.now() };
    this.loop.dispatch({ type: "scale-to-requested", workers, by: "a scale command" });
    const limitMs = 2 * state.settings.startupTimeoutMs;
    const late = this.#sleep(limitMs).then(() => {
      const why = `the others are not ready after ${formatDuration(limitMs)}`;
      return { reason: notAllServe(this.loop.state, why) };
    });
    const scaled = this.#until(() => scaleResult(this.loop.state, scaling));
    return Promise.race([scaled, late]);
  }

  /** Resolves with what `look` finds after some event. */
  #until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const isDone = (): boolean => {
        const found = look();
        if (found !== undefined) resolve(found);
        return found !== undefined;
      };
      if (!isDone()) this.#looks.add(isDone);
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.surroundings.clock.after(ms, resolve));
  }

  stop(): void {
    this.loop.dispatch({ type: "stop-requested", mode: "graceful", signal: "a stop command" });
  }

  /** Health answers 503 for a time, while all is served on; of several at once, for the longest. */
  async drain(forMs: number): Promise<void> {
    this.#drains++;
    this.workers.setHealth(true);
    await this.#sleep(forMs);
    this.#drains--;
    const isLast = this.#drains === 0 && this.loop.state.stop.name === "none";
    if (isLast) this.workers.setHealth(false);
  }
}
