// The receipts of reloads: what each took and what it forced, put together from effects and from
// what workers say as they leave.
import type { ForcedRequest, LastReload, Receipt } from "../../admin/protocol.ts";
import type { Effect } from "../../core/effects.ts";
import type { State } from "../../core/state.ts";
import type { Clock } from "../surroundings.ts";

/** Receipts kept for `status`. */
const KEPT = 20;

/** What a worker says about its drain when it is idle, or forced to end. */
export interface DrainReport {
  readonly served: number;
  readonly idleClosed: number;
  readonly forcedConnections: number;
  readonly forcedRequests: readonly Omit<ForcedRequest, "worker">[];
}

interface Open {
  readonly generation: number;
  readonly startedMs: number;
  spawnedMs: number | undefined;
  steeredMs: number | undefined;
  replaces: number | undefined;
  workers: number;
  served: number;
  idleClosed: number;
  forcedConnections: number;
  readonly forcedRequests: ForcedRequest[];
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

  /** How the last one that was begun and has ended went; `null` when there has been none. */
  get last(): LastReload | null {
    return this.#last;
  }

  of(generation: number): Receipt | undefined {
    return this.#kept.find((receipt) => receipt.generation === generation);
  }

  /** Sees each effect that is performed. Returns the receipt when it ends a reload. */
  observe(effect: Effect, state: State, nowMs: number): Receipt | undefined {
    switch (effect.type) {
      case "load-config":
        if (state.rollout.name !== "none") this.#begin(state.rollout.generation, state, nowMs);
        return undefined;
      case "spawn": {
        // The first generation of a master that takes over is a reload of what it has taken over.
        if (state.succession.name === "pending" && !this.#open.has(effect.generation)) {
          this.#begin(effect.generation, state, nowMs);
        }
        const open = this.#open.get(effect.generation);
        if (open !== undefined) open.spawnedMs = nowMs;
        return undefined;
      }
      case "listening":
        return void this.#steered(state, nowMs);
      case "drain":
        return void (effect.reason === "reload" && this.#steered(state, nowMs));
      case "reload-ended":
        return this.#end(effect, state, nowMs);
      default:
        return undefined;
    }
  }

  /** A worker that drains because of a reload has finished, or is forced to. */
  noteDrain(worker: number, generation: number, report: DrainReport): void {
    const open = [...this.#open.values()].find(({ replaces }) => replaces === generation);
    if (open === undefined) return;
    open.served += report.served;
    open.idleClosed += report.idleClosed;
    open.forcedConnections += report.forcedConnections;
    open.forcedRequests.push(...report.forcedRequests.map((forced) => ({ worker, ...forced })));
  }

  /** The generation that serves takes all new connections. */
  #steered({ serving }: State, nowMs: number): void {
    const open = serving === undefined ? undefined : this.#open.get(serving);
    if (open !== undefined) open.steeredMs ??= nowMs;
  }

  #begin(generation: number, state: State, nowMs: number): void {
    this.#open.set(generation, {
      generation,
      startedMs: nowMs,
      spawnedMs: undefined,
      steeredMs: undefined,
      replaces: state.serving,
      workers: 0,
      served: 0,
      idleClosed: 0,
      forcedConnections: 0,
      forcedRequests: [],
    });
  }

  #end(
    { generation, outcome, reason }: Extract<Effect, { type: "reload-ended" }>,
    state: State,
    nowMs: number,
  ): Receipt | undefined {
    const open = this.#open.get(generation);
    if (open === undefined) return undefined;
    this.#open.delete(generation);
    const since = (ms: number | undefined): number | null =>
      ms === undefined ? null : Math.round(ms - open.startedMs);
    const completed = outcome === "completed";
    const receipt: Receipt = {
      generation,
      outcome,
      reason: reason ?? null,
      workers: completed ? (state.generations.get(generation)?.settings.workers ?? 0) : 0,
      spawn_ms: since(open.spawnedMs),
      ready_ms: since(open.steeredMs),
      drain_ms: open.steeredMs === undefined ? null : Math.round(nowMs - open.steeredMs),
      judged: completed,
      requests: {
        served_while_draining: open.served,
        forced: open.forcedRequests.length,
        forced_requests: open.forcedRequests,
      },
      connections: { idle_closed: open.idleClosed, forced: open.forcedConnections },
    };
    // A reload that was rejected while the one before it was still draining is the last one.
    if (generation >= (this.#last?.generation ?? 0)) {
      const ended = this.clock.date().toISOString();
      this.#last = { generation, outcome, reason: receipt.reason, ended };
    }
    this.#kept.push(receipt);
    if (this.#kept.length > KEPT) this.#kept.shift();
    return receipt;
  }
}
