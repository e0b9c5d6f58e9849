// The receipts of reloads: what each one took and what it forced, made from effects and from what
// workers say as they leave.
import type { ForcedRequest, LastReload, Receipt } from "../../admin/protocol.ts";
import { placeFields } from "../../core/app-place.ts";
import type { Effect, EffectOf } from "../../core/effects.ts";
import { aboutVerdict } from "../../core/log-fields.ts";
import type { ForcedRequest as EndedRequest } from "../../ipc/messages.ts";
import type { Clock } from "../surroundings.ts";

/** How many receipts to keep for `status`. */
const KEPT = 20;

/** What a worker reports about its drain when it is idle, or forced to end. */
export interface DrainReport {
  readonly served: number;
  readonly idleClosed: number;
  readonly forcedConnections: number;
  readonly forcedRequests: readonly EndedRequest[];
}

const NOTHING_REPORTED: DrainReport = {
  served: 0,
  idleClosed: 0,
  forcedConnections: 0,
  forcedRequests: [],
};

interface Open {
  readonly startedMs: number;
  spawnedMs: number | undefined;
  /** When the first worker began to drain for it, and when its own first one was spawned. */
  drainsMs: number | undefined;
  firstSpawnMs: number | undefined;
  steeredMs: number | undefined;
  /** When the old generation was let go of, if it had to wait for that. */
  bakedMs: number | undefined;
  /** When the new generation was rolled back. */
  undoneMs: number | undefined;
  /** What each worker that drains for it has reported. */
  readonly reports: Map<number, DrainReport>;
}

export class Receipts {
  readonly #open = new Map<number, Open>();
  readonly #kept: Receipt[] = [];
  #last: LastReload | null = null;

  constructor(readonly clock: Clock) {}

  /** The last ones, oldest first. */
  get kept(): readonly Receipt[] {
    return this.#kept;
  }

  /** How the last reload that has ended went; `null` if there was none. */
  get last(): LastReload | null {
    return this.#last;
  }

  of(generation: number): Receipt | undefined {
    return this.#kept.find((receipt) => receipt.generation === generation);
  }

  /** Sees each effect that is performed. Returns the receipt when it ends a reload. */
  observe(effect: Effect, nowMs: number): Receipt | undefined {
    switch (effect.type) {
      case "reload-began":
        return void this.#open.set(effect.generation, begun(nowMs));
      case "reload-drains": {
        const { generation, worker } = effect;
        const open = this.#open.get(generation);
        if (open !== undefined) open.drainsMs ??= nowMs;
        return void open?.reports.set(worker, NOTHING_REPORTED);
      }
      case "spawn": {
        const open = this.#open.get(effect.generation);
        if (open !== undefined) open.firstSpawnMs ??= nowMs;
        // Later ones replace workers that have crashed.
        if (open !== undefined && open.steeredMs === undefined) open.spawnedMs = nowMs;
        return undefined;
      }
      case "reload-steered": {
        const open = this.#open.get(effect.generation);
        if (open !== undefined) open.steeredMs = nowMs;
        return undefined;
      }
      case "end-comparison": {
        const open = this.#open.get(effect.generation);
        // That of a canary ends before.
        if (open?.steeredMs !== undefined) open.bakedMs = nowMs;
        return undefined;
      }
      case "reload-undone":
        return void this.#undo(effect, nowMs);
      case "reload-ended":
        return this.#end(effect, nowMs);
      default:
        return undefined;
    }
  }

  /**
   * A worker that drains because of a reload has finished, or is forced to. Some report both: a
   * worker that is forced when it has just finished, or that finishes as it is forced.
   */
  noteDrain(worker: number, report: DrainReport): void {
    const open = [...this.#open.values()].find(({ reports }) => reports.has(worker));
    const before = open?.reports.get(worker);
    if (before !== undefined) open?.reports.set(worker, together(before, report));
  }

  #undo({ generation, reason }: EffectOf<"reload-undone">, nowMs: number): void {
    const open = this.#open.get(generation);
    if (open === undefined) return;
    open.undoneMs = nowMs;
    this.#noteLast(generation, "rolled-back", reason);
  }

  /** A reload that was rejected while the one before it was still draining is the last one. */
  #noteLast(generation: number, outcome: Receipt["outcome"], reason: string | null): void {
    if (generation < (this.#last?.generation ?? 0)) return;
    this.#last = { generation, outcome, reason, ended: this.clock.date().toISOString() };
  }

  #end(
    {
      generation,
      outcome,
      reason,
      workers,
      verdict,
      wantsTrial,
      place,
      gapMs,
    }: EffectOf<"reload-ended">,
    nowMs: number,
  ): Receipt | undefined {
    const open = this.#open.get(generation);
    if (open === undefined) return undefined;
    this.#open.delete(generation);
    const since = (ms: number | undefined): number | null =>
      ms === undefined ? null : Math.round(ms - open.startedMs);
    const { reports } = open;
    const sumOf = (amount: (report: DrainReport) => number): number =>
      [...reports.values()].reduce((sum, report) => sum + amount(report), 0);
    const forcedRequests: ForcedRequest[] = [...reports].flatMap(([worker, report]) =>
      report.forcedRequests.map((forced) => ({ worker, ...forced })),
    );
    const receipt: Receipt = {
      generation,
      outcome,
      reason: reason ?? null,
      workers,
      ...placeFields(place),
      spawn_ms: since(open.spawnedMs),
      ready_ms: since(open.steeredMs),
      drain_ms: drainMs(open, outcome, nowMs),
      ...(gapMs !== undefined && { gap_ms: gapMs }),
      judged: isJudged(outcome, verdict, wantsTrial),
      verdict: verdict === undefined ? null : aboutVerdict(verdict),
      requests: {
        served_while_draining: sumOf(({ served }) => served),
        forced: forcedRequests.length,
        forced_requests: forcedRequests,
      },
      connections: {
        idle_closed: sumOf(({ idleClosed }) => idleClosed),
        forced: sumOf(({ forcedConnections }) => forcedConnections),
      },
    };
    this.#noteLast(generation, outcome, receipt.reason);
    this.#kept.push(receipt);
    if (this.#kept.length > KEPT) this.#kept.shift();
    return receipt;
  }
}

/** Without a trial, what has loaded is fit. One that was cut short says nothing. */
function isJudged(
  outcome: Receipt["outcome"],
  verdict: EffectOf<"reload-ended">["verdict"],
  wantsTrial = false,
): boolean {
  if (verdict !== undefined) return verdict.name !== "too-few";
  return outcome === "completed" && !wantsTrial;
}

/** Of the old generation, or of a new one that had clients. */
function drainMs(
  { steeredMs, bakedMs, undoneMs, drainsMs, firstSpawnMs }: Open,
  outcome: Receipt["outcome"],
  nowMs: number,
): number | null {
  const goesFirst = drainsMs !== undefined && firstSpawnMs !== undefined && drainsMs < firstSpawnMs;
  if (outcome === "completed" && goesFirst) return Math.round(firstSpawnMs - drainsMs);
  const sinceMs = outcome === "completed" ? (bakedMs ?? steeredMs) : undoneMs;
  return sinceMs === undefined ? null : Math.round(nowMs - sinceMs);
}

/** What was served is a total, reported each time; what was forced is reported once. */
function together(before: DrainReport, last: DrainReport): DrainReport {
  return {
    served: last.served,
    idleClosed: before.idleClosed + last.idleClosed,
    forcedConnections: before.forcedConnections + last.forcedConnections,
    forcedRequests: [...before.forcedRequests, ...last.forcedRequests],
  };
}

function begun(startedMs: number): Open {
  return {
    startedMs,
    spawnedMs: undefined,
    drainsMs: undefined,
    firstSpawnMs: undefined,
    steeredMs: undefined,
    bakedMs: undefined,
    undoneMs: undefined,
    reports: new Map(),
  };
}
