// All metrics, by their names in Prometheus, made from the counters of the workers and the master.
import type { Metric } from "./exposition.ts";
import { requestMetrics } from "./request-metrics.ts";
import {
  type ServerCounts,
  serverMetrics,
  type ServerNow,
  stateMetrics,
} from "./server-metrics.ts";

/** @param page the counters of all workers there have been, summed */
export function metricsOf(page: Float64Array, counts: ServerCounts, now: ServerNow): Metric[] {
  return [...requestMetrics(page, now.workers), ...serverMetrics(counts), ...stateMetrics(now)];
}
