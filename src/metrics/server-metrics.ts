// The metrics of the server: what the master has counted, and its present state.
import type { Metric, Sample } from "./exposition.ts";
import { counter, type Durations, gauge, summary } from "./metric-kinds.ts";
import type { WorkersNow } from "./sum.ts";

/** What the master counts from its start on. */
export interface ServerCounts {
  readonly crashes: number;
  readonly respawns: number;
  /** Workers that made no progress, which count as crashes too. */
  readonly hangs: number;
  /** Workers that were well, and were replaced, by the limit that they had reached. */
  readonly recycles: Readonly<Record<string, number>>;
  /** Errors that apps threw outside requests. */
  readonly uncaught: number;
  readonly reloads: Readonly<Record<string, number>>;
  /** Reloads by how the new generation was judged in the end. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** From the start of a reload until its generation takes all new connections. */
  readonly reload: Durations;
  readonly drain: Durations;
  readonly forcedRequests: number;
}

export interface Certificate {
  /** Its first name. */
  readonly name: string;
  /** In seconds since 1970. */
  readonly expiresSeconds: number;
}

/** A domain that certificates are ordered for. */
export interface OrderedCertificate {
  readonly name: string;
  /** Orders that have failed since the last one that did not. */
  readonly failures: number;
  /** In seconds since 1970, as the next; undefined: never. */
  readonly issuedSeconds: number | undefined;
  readonly nextSeconds: number;
}

/** The present state. */
export interface ServerNow {
  readonly version: string;
  readonly startedSeconds: number;
  /** Undefined before the first generation serves. */
  readonly generation: number | undefined;
  /** Generations by role. */
  readonly roles: Readonly<Record<string, number>>;
  /** The share of new connections that a canary gets; 0: there is none. */
  readonly canaryShare: number;
  /** How many workers a generation in standby has lost; undefined: none is in standby. */
  readonly standbyMissing?: number | undefined;
  /** How many crashes there may be until the crash budget is spent. */
  readonly crashBudgetLeft: number;
  /** The worker that leads; undefined: none does. */
  readonly leader?: number | undefined;
  /** Workers by phase. */
  readonly phases: Readonly<Record<string, number>>;
  /** How many of them make no progress. */
  readonly stalled: number;
  readonly workers: WorkersNow;
  readonly masterLag: number;
  /** The certificates that are served; left out: none. */
  readonly certificates?: readonly Certificate[];
  /** Those that are ordered from a CA; left out: none. */
  readonly ordered?: readonly OrderedCertificate[];
  /** `worker`: of all workers; absent where only the workers themselves could tell. */
  readonly memoryBytes: { readonly master: number; readonly worker?: number };
}

export function serverMetrics(counts: ServerCounts): Metric[] {
  const {
    crashes,
    respawns,
    hangs,
    recycles,
    uncaught,
    reloads,
    verdicts,
    reload,
    drain,
    forcedRequests,
  } = counts;
  return [
    counter(
      "pounce_worker_crashes_total",
      "Workers that exited unexpectedly, or that could not start in the place of another.",
      [{ value: crashes }],
    ),
    counter("pounce_worker_restarts_total", "Crashed workers that were replaced.", [
      { value: respawns },
    ]),
    counter(
      "pounce_worker_hangs_total",
      "Workers that made no progress and were killed; they count as crashes too.",
      [{ value: hangs }],
    ),
    counter(
      "pounce_worker_recycles_total",
      "Workers that were replaced because they had reached a limit.",
      labelled("limit", recycles),
    ),
    counter(
      "pounce_worker_uncaught_errors_total",
      "Errors that the app threw outside a request and did not catch.",
      [{ value: uncaught }],
    ),
    counter("pounce_reloads_total", "Reloads that have ended.", labelled("outcome", reloads)),
    counter(
      "pounce_reload_verdicts_total",
      "Reloads with a trial, by how the new generation was judged.",
      labelled("verdict", verdicts),
    ),
    summary(
      "pounce_reload_duration_seconds",
      "Time until the new generation took all new connections.",
      reload,
    ),
    summary(
      "pounce_drain_duration_seconds",
      "Time until the last worker of the old generation had exited.",
      drain,
    ),
    counter("pounce_forced_requests_total", "Requests that were ended by force at a deadline.", [
      { value: forcedRequests },
    ]),
  ];
}

export function stateMetrics(now: ServerNow): Metric[] {
  const { version, startedSeconds, generation, roles, phases, workers } = now;
  const { masterLag, memoryBytes } = now;
  return [
    gauge(
      "pounce_generation",
      "The generation that takes new connections.",
      generation === undefined ? [] : [{ value: generation }],
    ),
    gauge("pounce_generations", "Generations by role.", labelled("role", roles)),
    gauge(
      "pounce_canary_share",
      "The share of new connections that a new generation on trial gets; 0: there is none.",
      [{ value: now.canaryShare }],
    ),
    gauge(
      "pounce_standby_workers_missing",
      "Workers that the generation in standby has lost; absent: none is in standby.",
      now.standbyMissing === undefined ? [] : [{ value: now.standbyMissing }],
    ),
    gauge(
      "pounce_crash_budget_left",
      "Crashes that may still happen within respawn.window; 0: the crash budget is spent.",
      [{ value: now.crashBudgetLeft }],
    ),
    gauge(
      "pounce_leader",
      "The worker that leads, for apps with hooks; absent: none does.",
      now.leader === undefined ? [] : [{ value: now.leader }],
    ),
    gauge("pounce_workers", "Workers by phase.", labelled("phase", phases)),
    gauge("pounce_workers_stalled", "Workers that make no progress now.", [{ value: now.stalled }]),
    gauge(
      "pounce_event_loop_lag_seconds",
      "Event loop lag: how late a timer was in the last second, in the slowest worker.",
      labelled("process", { master: masterLag, worker: workers.lag }),
    ),
    gauge(
      "pounce_resident_memory_bytes",
      "Resident memory; shared pages count in each process.",
      labelled("process", memoryBytes),
    ),
    gauge(
      "pounce_tls_certificate_expiry_timestamp_seconds",
      "When a certificate expires, in seconds since 1970, by its first name.",
      (now.certificates ?? []).map(({ name, expiresSeconds }) => ({
        labels: { name },
        value: expiresSeconds,
      })),
    ),
    ...orderMetrics(now.ordered ?? []),
    gauge("pounce_start_time_seconds", "When the master started, in seconds since 1970.", [
      { value: startedSeconds },
    ]),
    gauge("pounce_build_info", "1, with the version as a label.", [
      { labels: { version }, value: 1 },
    ]),
  ];
}

function orderMetrics(ordered: readonly OrderedCertificate[]): Metric[] {
  if (ordered.length === 0) return [];
  return [
    gauge(
      "pounce_acme_failures",
      "Orders of a certificate that have failed since the last one that did not.",
      ordered.map(({ name, failures }) => ({ labels: { name }, value: failures })),
    ),
    gauge(
      "pounce_acme_issued_timestamp_seconds",
      "From when on the last certificate that was ordered is valid, in seconds since 1970.",
      ordered.flatMap(({ name, issuedSeconds: value }) =>
        value === undefined ? [] : [{ labels: { name }, value }],
      ),
    ),
    gauge(
      "pounce_acme_next_order_timestamp_seconds",
      "When the next order is due, in seconds since 1970.",
      ordered.map(({ name, nextSeconds }) => ({ labels: { name }, value: nextSeconds })),
    ),
  ];
}

/** A sample for each value, under the label that tells them apart. */
function labelled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
