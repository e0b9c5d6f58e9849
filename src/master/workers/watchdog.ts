// Looks at how far each worker has got, and tells the core of those that do not get on. What
// follows from that is decided there, in core/rules/hang.ts.
import type { Event } from "../../core/events.ts";
import type { Phase, State } from "../../core/state.ts";
import type { Progress } from "../../core/figures.ts";
import { LONG_STALL_MS } from "../../core/verdict.ts";
import type { Far } from "../../metrics/page.ts";
import type { Doing } from "../../os/doing.ts";
import type { CounterPages } from "../reports/counter-pages.ts";
import type { Clock } from "../surroundings.ts";
import { Progress as Stand } from "./progress.ts";

/** How often the master looks while a worker has clients, or has stalled. */
export const LOOK_MS = 200;
/** The same while all rest. Other periodic tasks come with such a look, see real/ticker.ts. */
export const REST_LOOK_MS = 500;
/** If a look comes this late, the master was away. */
const AWAY_MS = 250;

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
  #beforeMs: number;
  #nowMs: number;
  #dueMs = Infinity;
  /** How far the clock of the machine is ahead of the master's. */
  #aheadMs = 0;
  /** A look is due that is not the periodic one. */
  #isSoon = false;

  constructor(readonly targets: WatchdogTargets) {
    const { clock, pages } = targets;
    this.#beforeMs = this.#nowMs = clock.now();
    if (pages.pages.progress === undefined) return;
    clock.every(REST_LOOK_MS, () => {
      if (!this.#isSoon) this.#look();
    });
  }

  #look(): void {
    const { clock, state } = this.targets;
    this.#beforeMs = this.#nowMs;
    this.#nowMs = clock.now();
    this.#aheadMs = clock.machineMs() - this.#nowMs;
    const { workers, succession } = state();
    const isOurs = succession.name !== "granted";
    for (const id of this.#watched.keys()) if (!workers.has(id)) this.#watched.delete(id);
    let isBusy = false;
    for (const { id, phase } of workers.values()) {
      const far = isOurs && WATCHED.has(phase.name) ? this.#farOf(id) : undefined;
      if (far === undefined) {
        this.#watched.delete(id);
        continue;
      }
      const hasStalled = this.#lookAt(id, far, phase.name === "ready");
      isBusy ||= hasStalled || far.turnEachMs < REST_LOOK_MS;
    }
    this.#dueMs = this.#nowMs + (isBusy ? LOOK_MS : REST_LOOK_MS);
    this.#isSoon = isBusy;
    if (!isBusy) return;
    clock.after(LOOK_MS, () => this.#look());
  }

  /** By the master's clock; `undefined`: that cannot be seen. */
  #farOf(worker: number): Far | undefined {
    const far = this.targets.pages.progressOf(worker);
    // A worker that could not map its page counts where nobody reads.
    if (far === undefined || far.count === 0) return undefined;
    return { ...far, turnedMs: far.turnedMs - this.#aheadMs };
  }

  /** Returns whether it has stalled. */
  #lookAt(worker: number, far: Far, serves: boolean): boolean {
    const { pages, doing, dispatch } = this.targets;
    const watched = this.#watched.get(worker);
    if (watched === undefined) {
      const progress = new Stand(far, this.#nowMs);
      this.#watched.set(worker, { progress, stalledMs: 0, doing: undefined });
      return false;
    }
    const seen: Pick<Watched, "doing"> = { doing: undefined };
    const forMs = watched.progress.look({
      far,
      nowMs: this.#nowMs,
      beforeMs: this.#beforeMs,
      wasAway: this.#nowMs - this.#dueMs > AWAY_MS,
      waited: () => {
        seen.doing = doing(worker);
        return hasWaited(watched.doing, seen.doing);
      },
    });
    watched.doing = seen.doing;
    const hadStalledMs = watched.stalledMs;
    watched.stalledMs = forMs;
    const sinceMs = this.#nowMs - this.#beforeMs;
    if (serves) pages.noteProgress(worker, seenSince(hadStalledMs, forMs, sinceMs));
    if (forMs > 0) dispatch({ type: "worker-stalled", worker, forMs, doing: seen.doing?.words });
    else if (hadStalledMs > 0) dispatch({ type: "worker-got-on", worker });
    return forMs > 0;
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
