// Where every reply ends up: exactly one bucket each, and for each one that is not "ok" a line
// that says in which mode, when and how it was lost.

import { type Loss, LOSS_KINDS, type LossKind } from "../../../src/prove/load/loss.ts";

const BUCKETS = ["ok", ...LOSS_KINDS] as const;
type Bucket = (typeof BUCKETS)[number];
type Counts = Record<Bucket, number>;

interface Failure {
  mode: string;
  bucket: LossKind;
  /** Milliseconds since the load began. */
  atMs: number;
  description: string;
}

export interface LoadResult {
  seed: number;
  buckets: Counts;
  byMode: Record<string, Counts>;
  /** Keep-alive connections that the server closed while no request was outstanding. Not a loss. */
  closedIdle: number;
  /** WebSockets the server closed cleanly with 1012. Each is also counted as ok. */
  websocketsClosed: number;
  /** The longest that a client waited for its connection to be established. */
  slowestConnectMs: number;
  /** The versions that answered, in the order in which each was first seen. */
  versions: string[];
  failures: Failure[];
}

function noCounts(): Counts {
  return { ok: 0, refused: 0, reset: 0, cut: 0, timeout: 0, tls: 0, wrong: 0 };
}

/** The one place where a load's outcomes are counted. */
export class Recorder {
  readonly result: LoadResult;
  readonly #startedAt = performance.now();
  readonly #watchers = new Set<() => void>();

  constructor(seed: number, modes: readonly string[]) {
    this.result = {
      seed,
      buckets: noCounts(),
      byMode: Object.fromEntries(modes.map((mode) => [mode, noCounts()])),
      closedIdle: 0,
      websocketsClosed: 0,
      slowestConnectMs: 0,
      versions: [],
      failures: [],
    };
  }

  ok(mode: string): void {
    this.#count(mode, "ok");
  }

  lost(mode: string, loss: Loss): void {
    const atMs = Math.round(performance.now() - this.#startedAt);
    this.result.failures.push({ mode, bucket: loss.kind, atMs, description: loss.message });
    this.#count(mode, loss.kind);
  }

  connected(ms: number): void {
    this.result.slowestConnectMs = Math.max(this.result.slowestConnectMs, Math.round(ms));
  }

  sawVersion(version: string): void {
    if (!this.result.versions.includes(version)) this.result.versions.push(version);
  }

  /** Resolves as soon as `condition` holds, which is checked after each reply. */
  until(condition: (result: LoadResult) => boolean): Promise<void> {
    if (condition(this.result)) return Promise.resolve();
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!condition(this.result)) return;
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }

  #count(mode: string, bucket: Bucket): void {
    const counts = this.result.byMode[mode];
    if (counts === undefined) throw new Error(`no such mode in this load: ${mode}`);
    counts[bucket] += 1;
    this.result.buckets[bucket] += 1;
    for (const watcher of this.#watchers) watcher();
  }
}

/** How many replies were lost, in the given buckets or in all. */
export function losses(result: LoadResult, buckets: readonly Bucket[] = BUCKETS): number {
  return buckets
    .filter((bucket) => bucket !== "ok")
    .reduce((sum, bucket) => sum + result.buckets[bucket], 0);
}

/** Fails unless every reply in every mode was ok, and every mode had replies at all. */
export function expectNoLoss(result: LoadResult, except: readonly Bucket[] = []): void {
  const counted = BUCKETS.filter((bucket) => !except.includes(bucket));
  const silent = Object.entries(result.byMode).filter(([, counts]) => counts.ok === 0);
  if (losses(result, counted) === 0 && silent.length === 0) return;
  throw new Error(describeResult(result));
}

/** The table of a load and its first failures, for people. */
export function describeResult(result: LoadResult): string {
  const rows = Object.entries(result.byMode).map(([mode, counts]) => {
    const cells = BUCKETS.map((bucket) => `${bucket} ${counts[bucket]}`);
    return `  ${mode.padEnd(16)} ${cells.join("  ")}`;
  });
  const failures = result.failures
    .slice(0, 12)
    .map((it) => `  ${it.bucket} in ${it.mode} at ${it.atMs} ms: ${it.description}`);
  return [
    `load with seed ${result.seed}, versions ${result.versions.join(", ") || "none"}:`,
    ...rows,
    `  slowest connect ${result.slowestConnectMs} ms`,
    ...failures,
  ].join("\n");
}
