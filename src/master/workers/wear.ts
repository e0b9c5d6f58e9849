// Measures how worn the workers are that serve, where the configuration sets a limit to that. What
// follows is decided in core/rules/wear.ts.
import type { Event, Measured } from "../../core/events.ts";
import { servingGeneration } from "../../core/predicates.ts";
import type { RecycleSettings } from "../../core/settings.ts";
import type { State } from "../../core/state.ts";
import type { CounterPages } from "../reports/counter-pages.ts";
import type { ProcessInfo } from "../reports/status.ts";
import type { Clock, OwnProcess } from "../surroundings.ts";

export const MEASURE_EACH_MS = 1000;

interface WearTargets {
  readonly clock: Clock;
  readonly process: OwnProcess;
  readonly pages: CounterPages;
  readonly state: () => State;
  readonly processes: () => ReadonlyMap<number, ProcessInfo>;
  readonly dispatch: (event: Event) => void;
}

export class WearGauge {
  /** Of each worker: a number from 0 to 1. */
  readonly #luck = new Map<number, number>();

  constructor(readonly targets: WearTargets) {
    targets.clock.every(MEASURE_EACH_MS, () => this.#measure());
  }

  #measure(): void {
    const { state, processes, dispatch } = this.targets;
    const generation = servingGeneration(state());
    const limits = generation?.settings.recycle;
    if (limits === undefined || !setsLimit(limits)) return;
    const known = processes();
    for (const id of this.#luck.keys()) if (!known.has(id)) this.#luck.delete(id);
    const workers: Measured[] = [];
    for (const { id, phase, generation: number } of state().workers.values()) {
      const process = known.get(id);
      const isMeasured = number === generation?.number && phase.name === "ready";
      if (isMeasured && process !== undefined) workers.push(this.#measured(id, process, limits));
    }
    if (workers.length > 0) dispatch({ type: "workers-measured", workers });
  }

  #measured(worker: number, { pid, startedMs }: ProcessInfo, limits: RecycleSettings): Measured {
    const { clock, process, pages } = this.targets;
    const luck = this.#luck.get(worker) ?? process.random?.() ?? 0;
    this.#luck.set(worker, luck);
    return {
      worker,
      requests: limits.maxRequests > 0 ? pages.requestsOf(worker) : 0,
      rssBytes: limits.maxRssBytes > 0 ? (process.memory([pid]).worker ?? 0) : 0,
      ageMs: clock.now() - startedMs,
      luck,
    };
  }
}

function setsLimit({ maxRequests, maxRssBytes, maxLifetimeMs }: RecycleSettings): boolean {
  return maxRequests > 0 || maxRssBytes > 0 || maxLifetimeMs > 0;
}
