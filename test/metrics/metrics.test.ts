// The metrics as text, and how pages add up.
import { expect, test } from "bun:test";
import { expose } from "../../src/metrics/exposition.ts";
import { metricsOf } from "../../src/metrics/metrics.ts";
import { durationIndex, PAGE, PAGE_LENGTH, requestIndex } from "../../src/metrics/page.ts";
import type { ServerNow } from "../../src/metrics/server-metrics.ts";
import { addCounters, workersNow } from "../../src/metrics/sum.ts";
import { isMissing, runTool } from "../helpers/tools.ts";

function pageOf(values: Readonly<Record<number, number>>): Float64Array {
  const page = new Float64Array(PAGE_LENGTH);
  for (const [index, value] of Object.entries(values)) page[Number(index)] = value;
  return page;
}

const counts = {
  crashes: 1,
  respawns: 1,
  hangs: 1,
  recycles: { requests: 2, rss: 0, lifetime: 0 },
  uncaught: 5,
  reloads: { completed: 2, rejected: 1, "rolled-back": 3 },
  verdicts: { good: 2, bad: 3, "too-few": 0 },
  reload: { count: 2, seconds: 0.25 },
  drain: { count: 2, seconds: 3 },
  forcedRequests: 4,
};
const now: ServerNow = {
  version: '0.1.0 "x"\\',
  startedSeconds: 1_795_400_037.5,
  generation: 3,
  roles: { serving: 1, canary: 1 },
  canaryShare: 0.1,
  standbyMissing: 1,
  phases: { ready: 2, draining: 1 },
  stalled: 1,
  crashBudgetLeft: 4,
  workers: { inFlight: 5, connections: 6, lag: 0.5 },
  masterLag: 0.001,
  memoryBytes: { master: 1000, worker: 2000 },
};
const page = pageOf({
  [requestIndex("GET", 200)]: 7,
  [requestIndex("PROPFIND", 404)]: 1,
  [durationIndex(0.000_02)]: 2,
  [durationIndex(0.001)]: 1,
  [durationIndex(0.004)]: 4,
  [PAGE.durationSum]: 0.5,
  [PAGE.responseBytes]: 99,
});
const text = expose(metricsOf(page, counts, now));

test("the metrics are what was counted", () => {
  for (const line of [
    'pounce_http_requests_total{method="GET",code="200"} 7',
    'pounce_http_requests_total{method="other",code="404"} 1',
    'pounce_http_request_duration_seconds_bucket{le="0.001"} 3',
    'pounce_http_request_duration_seconds_bucket{le="0.0025"} 3',
    'pounce_http_request_duration_seconds_bucket{le="0.005"} 7',
    'pounce_http_request_duration_seconds_bucket{le="+Inf"} 7',
    "pounce_http_request_duration_seconds_count 7",
    "pounce_http_request_duration_seconds_sum 0.5",
    "pounce_http_response_body_bytes_total 99",
    "pounce_worker_crashes_total 1",
    "pounce_worker_hangs_total 1",
    'pounce_worker_recycles_total{limit="requests"} 2',
    "pounce_workers_stalled 1",
    "pounce_crash_budget_left 4",
    "pounce_worker_uncaught_errors_total 5",
    'pounce_reloads_total{outcome="rejected"} 1',
    'pounce_reloads_total{outcome="rolled-back"} 3',
    'pounce_reload_verdicts_total{verdict="bad"} 3',
    'pounce_generations{role="canary"} 1',
    "pounce_canary_share 0.1",
    "pounce_standby_workers_missing 1",
    "pounce_drain_duration_seconds_sum 3",
    "pounce_forced_requests_total 4",
    'pounce_workers{phase="draining"} 1',
    'pounce_event_loop_lag_seconds{process="worker"} 0.5',
    String.raw`pounce_build_info{version="0.1.0 \"x\"\\"} 1`,
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

test.skipIf(isMissing("promtool"))("promtool finds nothing wrong with the metrics", () => {
  expect(runTool("promtool", ["check", "metrics"], text)).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
});

test.skipIf(isMissing("promtool"))("promtool would find something wrong", () => {
  expect(runTool("promtool", ["check", "metrics"], "x_total{ 1\n").code).not.toBe(0);
});

test("a page adds its counters to another's, and nothing else", () => {
  const sum = pageOf({ [PAGE.inFlight]: 1, [PAGE.requests]: 2 });
  addCounters(sum, pageOf({ [PAGE.inFlight]: 5, [PAGE.requests]: 3, [PAGE_LENGTH - 1]: 4 }));
  expect(sum).toEqual(pageOf({ [PAGE.inFlight]: 1, [PAGE.requests]: 5, [PAGE_LENGTH - 1]: 4 }));
});

test("a worker that is stuck is as late as its last word is old", () => {
  const nowMs = Date.now();
  const fine = pageOf({ [PAGE.tickedMs]: nowMs - 900, [PAGE.lag]: 0.01, [PAGE.connections]: 2 });
  const stuck = pageOf({ [PAGE.tickedMs]: nowMs - 9000, [PAGE.inFlight]: 3 });
  const fresh = pageOf({});
  expect(workersNow([fine, fresh], nowMs)).toEqual({ inFlight: 0, connections: 2, lag: 0.01 });
  expect(workersNow([fine, stuck], nowMs)).toEqual({ inFlight: 3, connections: 2, lag: 7 });
  expect(workersNow([], nowMs)).toEqual({ inFlight: 0, connections: 0, lag: 0 });
});
