// All metrics, by their names in Prometheus, made from the counters of the workers and the master.
import type { Metric, Sample } from "./exposition.ts";
import { DURATION_BUCKETS, inBuckets } from "./durations.ts";
import { PAGE, REJECTIONS, rejectionIndex, requestsAt } from "./page.ts";
import type { WorkersNow } from "./sum.ts";

/** How long something took: the sum of all times, and their number. */
interface Durations {
  readonly count: number;
  readonly seconds: number;
}

/** What the master counts from its start on. */
export interface ServerCounts {
  readonly crashes: number;
  readonly respawns: number;
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
  /** Workers by phase. */
  readonly phases: Readonly<Record<string, number>>;
  readonly workers: WorkersNow;
  readonly masterLag: number;
  /** `worker`: of all workers; absent where only the workers themselves could tell. */
  /** The certificates that are served; left out: none. */
  readonly certificates?: readonly Certificate[];
  /** Those that are ordered from a CA; left out: none. */
  readonly ordered?: readonly OrderedCertificate[];
  readonly memoryBytes: { readonly master: number; readonly worker?: number };
}

/** @param page the counters of all workers there have been, summed */
export function metricsOf(page: Float64Array, counts: ServerCounts, now: ServerNow): Metric[] {
  return [...requestMetrics(page, now.workers), ...serverMetrics(counts), ...stateMetrics(now)];
}

function requestMetrics(page: Float64Array, { inFlight, connections }: WorkersNow): Metric[] {
  return [
    counter(
      "pounce_http_requests_total",
      "Requests that have ended. Code 499: the client disconnected first.",
      requests(page),
    ),
    {
      name: "pounce_http_request_duration_seconds",
      type: "histogram",
      help:
        "Time until the handler had a response. Above 1000 requests/s in a worker, about " +
        "250 a second are measured, and each counts for several.",
      samples: durations(page),
    },
    counter(
      "pounce_http_response_body_bytes_total",
      "Bytes of response bodies, estimated like durations; streams are not counted.",
      [{ value: page[PAGE.responseBytes] ?? 0 }],
    ),
    counter(
      "pounce_http_request_body_bytes_total",
      "Bytes of request bodies by their Content-Length, estimated like durations.",
      [{ value: page[PAGE.requestBytes] ?? 0 }],
    ),
    counter(
      "pounce_http_rejected_total",
      "Requests and connections that were refused or ended by a limit.",
      REJECTIONS.map((reason) => ({
        labels: { reason },
        value: page[rejectionIndex(reason)] ?? 0,
      })),
    ),
    gauge("pounce_http_requests_in_flight", "Requests being answered, as of the last second.", [
      { value: inFlight },
    ]),
    gauge("pounce_http_connections", "Open client connections, as of the last second.", [
      { value: connections },
    ]),
  ];
}

function serverMetrics(counts: ServerCounts): Metric[] {
  const { crashes, respawns, uncaught, reloads, verdicts, reload, drain, forcedRequests } = counts;
  return [
    counter("pounce_worker_crashes_total", "Workers that exited unexpectedly.", [
      { value: crashes },
    ]),
    counter("pounce_worker_restarts_total", "Crashed workers that were replaced.", [
      { value: respawns },
    ]),
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

function stateMetrics(now: ServerNow): Metric[] {
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
    gauge("pounce_workers", "Workers by phase.", labelled("phase", phases)),
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

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "counter", help, samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples };
}

function summary(name: string, help: string, { count, seconds }: Durations): Metric {
  const samples = [
    { suffix: "_sum", value: seconds },
    { suffix: "_count", value: count },
  ];
  return { name, type: "summary", help, samples };
}

/** A sample for each method and status that has occurred. */
function requests(page: Float64Array): Sample[] {
  const samples: Sample[] = [];
  for (let index: number = PAGE.requests; index < page.length; index++) {
    const value = page[index] ?? 0;
    if (value === 0) continue;
    const { method, status } = requestsAt(index);
    samples.push({ labels: { method, code: status }, value });
  }
  return samples;
}

function durations(page: Float64Array): Sample[] {
  const below = inBuckets(page.subarray(PAGE.durations, PAGE.rejections));
  const buckets = below.map((value, index) => {
    return { suffix: "_bucket", labels: { le: DURATION_BUCKETS[index] ?? "+Inf" }, value };
  });
  return [
    ...buckets,
    { suffix: "_sum", value: page[PAGE.durationSum] ?? 0 },
    { suffix: "_count", value: below.at(-1) ?? 0 },
  ];
}
