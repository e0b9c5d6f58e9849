// The metrics of a server: what workers have counted, what the master has seen happen, how things stand.
import { readFileSync } from "node:fs";
import type { Receipt } from "../admin/snapshot.ts";
import type { Effect } from "../core/effects.ts";
import type { State } from "../core/state.ts";
import { expose } from "../metrics/exposition.ts";
import { metricsOf } from "../metrics/metrics.ts";
import { addCounters, workersNow } from "../metrics/sum.ts";
import { here } from "../platform.ts";
import { version } from "../version.ts";
import type { Pages } from "./pages.ts";

const LAG_INTERVAL_MS = 1000;
/** What the kernel counts memory in (/proc/PID/statm), on every processor that there is a binary for. */
const PAGE_SIZE = 4096;

export class Metrics {
  #crashes = 0;
  #respawns = 0;
  #forcedRequests = 0;
  readonly #reloads = { completed: 0, rejected: 0 };
  #reload = { count: 0, seconds: 0 };
  #drain = { count: 0, seconds: 0 };
  #lagMs = 0;

  constructor(readonly pages: Pages) {
    let dueMs = performance.now() + LAG_INTERVAL_MS;
    setInterval(() => {
      const nowMs = performance.now();
      this.#lagMs = Math.max(0, nowMs - dueMs);
      dueMs = nowMs + LAG_INTERVAL_MS;
    }, LAG_INTERVAL_MS).unref();
  }

  /** Sees each effect that is performed. */
  observe(effect: Effect): void {
    if (effect.type !== "log") return;
    if (effect.event === "worker-crashed") this.#crashes++;
    if (effect.event === "respawn") this.#respawns++;
  }

  noteReceipt({ outcome, ready_ms, drain_ms }: Receipt): void {
    this.#reloads[outcome]++;
    if (outcome !== "completed") return;
    this.#reload = longer(this.#reload, ready_ms);
    this.#drain = longer(this.#drain, drain_ms);
  }

  noteForced(requests: number): void {
    this.#forcedRequests += requests;
  }

  /** All metrics as Prometheus reads them. @param pids of the workers */
  text(state: State, pids: readonly number[]): string {
    const { live, retired } = this.pages;
    const page = retired.slice();
    for (const one of live) addCounters(page, one);
    const counts = {
      crashes: this.#crashes,
      respawns: this.#respawns,
      reloads: this.#reloads,
      reload: this.#reload,
      drain: this.#drain,
      forcedRequests: this.#forcedRequests,
    };
    const now = {
      version,
      startedSeconds: performance.timeOrigin / 1000,
      generation: state.serving,
      phases: phasesOf(state),
      workers: workersNow(live, Date.now()),
      masterLag: this.#lagMs / 1000,
      memoryBytes: here.sharesAddresses
        ? {
            master: memoryOf(process.pid),
            worker: pids.reduce((sum, pid) => sum + memoryOf(pid), 0),
          }
        : { master: process.memoryUsage.rss() },
    };
    return expose(metricsOf(page, counts, now));
  }
}

function longer(
  { count, seconds }: { count: number; seconds: number },
  ms: number | null,
): { count: number; seconds: number } {
  return { count: count + 1, seconds: seconds + (ms ?? 0) / 1000 };
}

function phasesOf({ workers }: State): Record<string, number> {
  const phases: Record<string, number> = {};
  for (const { phase } of workers.values()) phases[phase.name] = (phases[phase.name] ?? 0) + 1;
  return phases;
}

/** Resident memory in bytes; 0 of a process that has gone. */
function memoryOf(pid: number): number {
  try {
    const [, resident] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
    return Number(resident) * PAGE_SIZE;
  } catch {
    return 0;
  }
}
