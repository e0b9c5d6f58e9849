// The metrics of a server: what workers have counted, what the master has seen, and the present
// state.
import type { CrashSnapshot, Receipt } from "../../admin/protocol.ts";
import type { Effect } from "../../core/effects.ts";
import { ableOf, canaryOf, isAlive, roleWord, standbyGenerationOf } from "../../core/predicates.ts";
import type { State, Worker } from "../../core/state.ts";
import {
  addEach,
  type Counted,
  countedOf,
  NOTHING_COUNTED,
  readCounted,
} from "../../metrics/counted.ts";
import { expose } from "../../metrics/exposition.ts";
import { metricsOf } from "../../metrics/metrics.ts";
import type {
  Certificate,
  OrderedCertificate,
  ServerCounts,
} from "../../metrics/server-metrics.ts";
import { workersNow } from "../../metrics/sum.ts";
import type { CertificateInfo } from "../../tls/certificate.ts";
import { version } from "../../version.ts";
import type { Clock, OwnProcess } from "../surroundings.ts";
import type { OrderedDomain } from "./certificates.ts";
import type { CounterPages } from "./counter-pages.ts";
import { crashSnapshot } from "./status.ts";

const LAG_INTERVAL_MS = 1000;

export class Metrics {
  #counts = NOTHING_COUNTED;
  #lagMs = 0;

  constructor(
    readonly pages: CounterPages,
    readonly clock: Clock,
    readonly process: OwnProcess,
  ) {
    let dueMs = clock.now() + LAG_INTERVAL_MS;
    clock.every(LAG_INTERVAL_MS, () => {
      const nowMs = clock.now();
      this.#lagMs = Math.max(0, nowMs - dueMs);
      dueMs = nowMs + LAG_INTERVAL_MS;
    });
  }

  /** Sees each effect that is performed. */
  observe(effect: Effect): void {
    if (effect.type === "worker-crashed") this.#add({ crashes: 1 });
    if (effect.type === "worker-respawned") this.#add({ respawns: 1 });
    if (effect.type === "worker-hung") this.#add({ hangs: 1 });
    if (effect.type === "worker-recycled") this.#add({ recycles: { [effect.why]: 1 } });
  }

  noteReceipt({ outcome, ready_ms, drain_ms, verdict }: Receipt): void {
    this.#add({ reloads: { [outcome]: 1 } });
    if (verdict) this.#add({ verdicts: { [verdict.verdict]: 1 } });
    if (outcome !== "completed") return;
    this.#add({ reload: { count: 1, seconds: (ready_ms ?? 0) / 1000 } });
    this.#add({ drain: { count: 1, seconds: (drain_ms ?? 0) / 1000 } });
  }

  noteForced(requests: number): void {
    this.#add({ forcedRequests: requests });
  }

  noteUncaught(times: number): void {
    this.#add({ uncaught: times });
  }

  #add(counts: Partial<ServerCounts>): void {
    this.#counts = addEach(this.#counts, counts);
  }

  /** What has been counted since the last call, for the master that takes over. */
  handOver(): Counted {
    const counted = countedOf(this.pages.unreported(), this.#counts);
    this.#counts = NOTHING_COUNTED;
    return counted;
  }

  /** Continues from what another master has counted. @param given as it came from there */
  takeOver(given: unknown): void {
    const counted = readCounted(given);
    if (counted === undefined) return;
    this.pages.takeOver(counted.page);
    this.#add(counted.server);
  }

  /** All metrics in the form that Prometheus reads. @param pids of the workers */
  text(
    state: State,
    pids: readonly number[],
    certificates: KnownCertificates = { current: [], ordered: [] },
  ): string {
    const { live, total } = this.pages;
    const now = {
      version,
      startedSeconds: this.process.startedSeconds,
      generation: state.serving,
      roles: rolesOf(state),
      standbyMissing: standbyMissing(state),
      canaryShare: canaryOf(state)?.share ?? 0,
      crashBudgetLeft: budgetLeft(crashSnapshot(state, this.clock.now())),
      leader: state.leader?.name === "leading" ? state.leader.worker : undefined,
      phases: phasesOf(state),
      stalled: [...state.workers.values()].filter(isStalledNow).length,
      workers: workersNow(live, this.clock.machineMs()),
      masterLag: this.#lagMs / 1000,
      memoryBytes: this.process.memory(pids),
      certificates: expiryByName(certificates.current),
      ordered: certificates.ordered.map((it) => orderedNow(it)),
    };
    return expose(metricsOf(total, this.#counts, now));
  }
}

/** Those that are served, and those that are ordered. */
interface KnownCertificates {
  readonly current: readonly CertificateInfo[];
  readonly ordered: readonly OrderedDomain[];
}

function orderedNow({ domain, held, failures, nextMs }: OrderedDomain): OrderedCertificate {
  return {
    name: domain,
    failures: failures?.count ?? 0,
    issuedSeconds: held && held.notBeforeMs / 1000,
    nextSeconds: nextMs / 1000,
  };
}

/** Of several with one name, the first that expires. */
function expiryByName(certificates: readonly CertificateInfo[]): Certificate[] {
  const found = new Map<string, number>();
  for (const { label, notAfterMs } of certificates) {
    found.set(label, Math.min(found.get(label) ?? Infinity, notAfterMs / 1000));
  }
  return [...found].map(([name, expiresSeconds]) => ({ name, expiresSeconds }));
}

function rolesOf(state: State): Record<string, number> {
  const roles: Record<string, number> = {};
  for (const generation of state.generations.values()) {
    const role = roleWord(state, generation);
    roles[role] = (roles[role] ?? 0) + 1;
  }
  return roles;
}

/** What it would take over again without. */
function standbyMissing(state: State): number | undefined {
  const standby = standbyGenerationOf(state);
  return standby && Math.max(0, standby.target - ableOf(state, standby.number));
}

function budgetLeft({ recent, budget }: CrashSnapshot): number {
  return Math.max(0, budget - recent);
}

function isStalledNow(worker: Worker): boolean {
  return isAlive(worker) && worker.isStalled === true;
}

function phasesOf({ workers }: State): Record<string, number> {
  const phases: Record<string, number> = {};
  for (const { phase } of workers.values()) phases[phase.name] = (phases[phase.name] ?? 0) + 1;
  return phases;
}
