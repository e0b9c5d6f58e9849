// Looks at how far each worker has got, and tells the core of those that do not get on. What
// follows from that is decided there, in core/rules/hang.ts.
import type { Event } from "../../core/events.ts";
import type { Phase, State } from "../../core/state.ts";
import type { CounterPages } from "../reports/counter-pages.ts";
import type { Clock } from "../surroundings.ts";
import { LOOK_MS, Progress } from "./progress.ts";

/** One that loads its app may take its time for that. */
const WATCHED: ReadonlySet<Phase["name"]> = new Set(["ready", "standby", "draining"]);

interface WatchdogTargets {
  readonly clock: Clock;
  readonly pages: CounterPages;
  readonly state: () => State;
  /** What the kernel says that a worker does, in words. */
  readonly doing: (worker: number) => string | undefined;
  readonly dispatch: (event: Event) => void;
}

interface Watched {
  readonly progress: Progress;
  hasStalled: boolean;
}

export class Watchdog {
  readonly #watched = new Map<number, Watched>();
  #lookedMs: number;

  constructor(readonly targets: WatchdogTargets) {
    const { clock, pages } = targets;
    this.#lookedMs = clock.now();
    if (pages.pages.progress !== undefined) clock.every(LOOK_MS, () => this.#look());
  }

  #look(): void {
    const beforeMs = this.#lookedMs;
    this.#lookedMs = this.targets.clock.now();
    const { workers, succession } = this.targets.state();
    const isOurs = succession.name !== "granted";
    for (const id of this.#watched.keys()) if (!workers.has(id)) this.#watched.delete(id);
    for (const { id, phase } of workers.values()) {
      const isWatched = isOurs && WATCHED.has(phase.name);
      if (!isWatched || !this.#lookAt(id, beforeMs)) this.#watched.delete(id);
    }
  }

  /** Returns whether it can be seen how far the worker has got. */
  #lookAt(worker: number, beforeMs: number): boolean {
    const { pages, doing, dispatch } = this.targets;
    const far = pages.progressOf(worker);
    // A worker that could not map its page counts where nobody reads.
    if (far === undefined || far === 0) return false;
    const watched = this.#watched.get(worker);
    if (watched === undefined) {
      const progress = new Progress(far, this.#lookedMs);
      this.#watched.set(worker, { progress, hasStalled: false });
      return true;
    }
    const forMs = watched.progress.look(far, this.#lookedMs, beforeMs);
    if (forMs > 0) {
      watched.hasStalled = true;
      dispatch({ type: "worker-stalled", worker, forMs, doing: doing(worker) });
    } else if (watched.hasStalled) {
      watched.hasStalled = false;
      dispatch({ type: "worker-got-on", worker });
    }
    return true;
  }
}
