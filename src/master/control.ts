// What a running master can be asked over its control socket, besides signals.
import type { ControlApi } from "../admin/control-api.ts";
import type { ReloadResult, Snapshot, TlsReloadResult } from "../admin/protocol.ts";
import { placeFields } from "../core/app-place.ts";
import type { Answer, EffectOf } from "../core/effects.ts";
import type { Event, Until } from "../core/events.ts";
import { servingGeneration, successorOf, steeringOf } from "../core/predicates.ts";
import { message as words } from "../core/messages.ts";
import type { WorkerReport } from "../ipc/messages.ts";
import { version } from "../version.ts";
import type { Certificates } from "./certificates/certificates.ts";
import type { Listeners } from "./workers/listeners.ts";
import type { ControlLoop } from "./loop.ts";
import type { Plans } from "./plan/plans.ts";
import type { Metrics } from "./reports/metrics.ts";
import type { Receipts } from "./reports/receipts.ts";
import { certificateSnapshot, orderedSnapshot } from "./reports/certificates.ts";
import { crashSnapshot, generationSnapshots, stateWord, seconds } from "./reports/status.ts";
import { underWay } from "./reports/under-way.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Workers } from "./workers/workers.ts";

/**
 * How long workers have to report; a worker that is busy for longer is shown without its numbers.
 */
const REPORT_MS = 300;

interface Collection {
  readonly reports: Map<number, WorkerReport>;
  readonly awaited: Set<number>;
  readonly done: () => void;
}

export class Control implements ControlApi {
  /** The callers that wait for an answer to their command, by its id. */
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #nextCommand = 0;
  readonly #collections = new Map<number, Collection>();
  #nextCollection = 0;

  constructor(
    readonly surroundings: Surroundings,
    readonly loop: ControlLoop,
    readonly plans: Plans,
    readonly workers: Workers,
    readonly listeners: Listeners,
    readonly receipts: Receipts,
    readonly serverMetrics: Metrics,
    readonly certificates: Certificates,
  ) {}

  /** Why this process can no longer be asked for anything; `undefined` while it has the server. */
  get handedOver(): string | undefined {
    const pid = successorOf(this.loop.state);
    return pid === undefined ? undefined : `the server has been handed over to process ${pid}`;
  }

  get healthCheckPath(): string | undefined {
    const { serving } = this.loop.state;
    return serving === undefined ? undefined : this.plans.of(serving).config.healthCheckPath;
  }

  /**
   * The metrics in the form that Prometheus reads. No worker is asked, so a stuck one is counted
   * too.
   */
  metrics(): string {
    const pids = [...this.workers.processes.values()].map(({ pid }) => pid);
    return this.serverMetrics.text(this.loop.state, pids, this.certificates);
  }

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
    const dateMs = this.surroundings.clock.date().getTime();
    const settings = servingGeneration(state)?.settings ?? state.settings;
    return {
      version,
      pid: this.surroundings.process.pid,
      uptime: seconds(nowMs),
      state: stateWord(state),
      addresses: this.listeners.addresses,
      tls: settings.isSecure === true,
      certificates: this.certificates.current.map((info) => certificateSnapshot(info)),
      acme: this.certificates.ordered.map((it) => orderedSnapshot(it, dateMs)),
      steering: this.plans.sharesPorts === true ? "shared" : steeringOf(state),
      affinity: state.settings.affinity ?? "none",
      app: settings.appLabel,
      crashes: crashSnapshot(state, nowMs),
      generations: generationSnapshots(state, this.workers.processes, reports, nowMs),
      reloads: this.receipts.kept,
      under_way: underWay(state, nowMs),
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
    await Promise.race([promise, this.#late()]);
    this.#collections.delete(id);
    return reports;
  }

  #late(): Promise<void> {
    return new Promise((resolve) => this.surroundings.clock.after(REPORT_MS, resolve));
  }

  /**
   * Resolves when the new generation is steered to, or rolled back, or with its receipt when what
   * drains has gone; or with a refusal.
   */
  async reload(until: Until): Promise<ReloadResult> {
    const by = "a reload command";
    const answer = await this.#ask((id) => ({ type: "reload-requested", by, id, until }));
    const { ok, generation = this.loop.state.nextGeneration } = answer;
    const receipt = this.receipts.of(generation) ?? null;
    const place = placeFields(this.loop.state.generations.get(generation)?.place);
    const about = { generation, ok, ...place, receipt };
    if (answer.ok) {
      const { unjudged } = answer;
      return { ...about, reason: null, ...(unjudged !== undefined && { unjudged }) };
    }
    const { reason, outcome, outage } = answer;
    const more = { ...(outcome !== undefined && { outcome }), ...(outage && { outage }) };
    return { ...about, reason, ...more };
  }

  /** Reads certificates again. Resolves when all workers serve them, or with the reason why not. */
  async reloadTls(): Promise<TlsReloadResult> {
    const renewal = await this.certificates.renew();
    if (!renewal.ok) {
      const { reason, why } = renewal;
      const { log } = this.surroundings;
      const what = words.certificatesNotRenewed(reason);
      if (why !== "refused") log.log("warn", "certificates-not-renewed", what);
      return { ok: false, reason };
    }
    const { hasChanged: changed, workers } = renewal;
    const certificates = renewal.certificates.map((info) => certificateSnapshot(info));
    return { ok: true, changed, workers, certificates };
  }

  /** Sets the number of workers until the next reload. Resolves when they serve. */
  scale(to: number): Promise<Answer> {
    const by = "a scale command";
    return this.#ask((id) => ({ type: "scale-requested", to, by, id }));
  }

  /** Resolves when the generation in standby takes all new connections. */
  rollback(): Promise<Answer> {
    return this.#ask((id) => ({ type: "rollback-requested", by: "a rollback command", id }));
  }

  /** Resolves when all workers have ended. */
  stop(): Promise<Answer> {
    const signal = "a stop command";
    return this.#ask((id) => ({ type: "stop-requested", mode: "graceful", signal, id }));
  }

  /**
   * Health answers 503 for a time, while everything is served; of several drains the longest
   * counts.
   */
  drain(forMs: number): Promise<Answer> {
    return this.#ask((id) => ({ type: "drain-requested", forMs, id }));
  }

  /** Passes a command to the core, and waits for its answer. */
  #ask(command: (id: number) => Event): Promise<Answer> {
    const id = this.#nextCommand++;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.loop.dispatch(command(id));
    });
  }

  /** A command has its answer. */
  answer({ id, ...what }: EffectOf<"answer">): void {
    this.#asked.get(id)?.(what);
    this.#asked.delete(id);
  }
}
