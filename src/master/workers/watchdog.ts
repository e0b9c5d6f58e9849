// Looks at how far each worker has got, and tells the core of those that do not get on. What
// follows from that is decided there, in core/rules/hang.ts.
import type { Event } from "../../core/events.ts";
import type { Phase, State } from "../../core/state.ts";
import type { Progress } from "../../core/figures.ts";
import { LONG_STALL_MS } from "../../core/verdict.ts";
import type { Doing } from "../../os/doing.ts";
import type { CounterPages } from "../reports/counter-pages.ts";
import type { Clock } from "../surroundings.ts";
import { LOOK_MS, Progress as Stand } from "./progress.ts";

/** One that loads its app may take its time for that. */
const WATCHED: ReadonlySet<Phase["name"]> = new Set(["ready", "standby", "draining"]);

interface WatchdogTargets {
  readonly clock: Clock;
  readonly pages: CounterPages;
  readonly state: () => State;
  /** What the kernel says that a worker does; `undefined`: it does not say. */
  readonly doing: (worker: number) => Doing | undefined;
  readonly dispatch: (event: Event) => void;
}

interface Watched {
  readonly progress: Stand;
  /** For how long it had stood still at the last look; 0: it got on. */
  stalledMs: number;
  /** What it did at the last look, if it did not get on. */
  doing: Doing | undefined;
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
      const serves = phase.name === "ready";
      if (!isWatched || !this.#lookAt(id, beforeMs, serves)) this.#watched.delete(id);
    }
  }

  /** Returns whether it can be seen how far the worker has got. */
  #lookAt(worker: number, beforeMs: number, serves: boolean): boolean {
    const { pages, doing, dispatch } = this.targets;
    const far = pages.progressOf(worker);
    // A worker that could not map its page counts where nobody reads.
    if (far === undefined || far === 0) return false;
    const watched = this.#watched.get(worker);
    if (watched === undefined) {
      const progress = new Stand(far, this.#lookedMs);
      this.#watched.set(worker, { progress, stalledMs: 0, doing: undefined });
      return true;
    }
    const seen: Pick<Watched, "doing"> = { doing: undefined };
    const forMs = watched.progress.look(far, this.#lookedMs, beforeMs, () => {
      seen.doing = doing(worker);
      return hasWaited(watched.doing, seen.doing);
    });
    watched.doing = seen.doing;
    const hadStalledMs = watched.stalledMs;
    watched.stalledMs = forMs;
    const sinceMs = this.#lookedMs - beforeMs;
    if (serves) pages.noteProgress(worker, seenSince(hadStalledMs, forMs, sinceMs));
    if (forMs > 0) dispatch({ type: "worker-stalled", worker, forMs, doing: seen.doing?.words });
    else if (hadStalledMs > 0) dispatch({ type: "worker-got-on", worker });
    return true;
  }
}

/** @param hadMs for how long it had stood still at the look before; @param forMs the same now */
function seenSince(hadMs: number, forMs: number, watchedMs: number): Progress {
  return {
    watchedMs,
    stalledMs: Math.max(0, forMs - hadMs),
    longStalls: hadMs < LONG_STALL_MS && forMs >= LONG_STALL_MS ? 1 : 0,
  };
}

/** It could run, and has had no processor for it. */
function hasWaited(before: Doing | undefined, now: Doing | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  return now.isRunnable && now.ranNs !== undefined && now.ranNs === before.ranNs;
}
