// The pages that workers count in, on the master's side: those of live workers, and the sum of what
// all others have counted, so that no counter ever goes back. The same is known of each generation,
// for rollout/comparison.ts.
import { addCounters } from "../../metrics/sum.ts";
import type { Counted } from "../../metrics/counted.ts";
import { type Far, PAGE_LENGTH } from "../../metrics/page.ts";
import { ended, minus, NO_TALLY, plus, type Tally, tallyOf } from "../../metrics/tally.ts";
import type { Progress } from "../../core/figures.ts";
import type { PageFiles } from "../surroundings.ts";

/** A worker with a page. */
interface Counting {
  readonly descriptor: number;
  readonly generation: number;
  /** What it had counted when it was ready, for no client. Undefined: it is not ready. */
  before: Tally | undefined;
  /** How it got on while it served. */
  progress: Progress;
}

export class CounterPages {
  /** What was returned before, see `unreported`. */
  readonly #said = new Float64Array(PAGE_LENGTH);
  readonly #counting = new Map<number, Counting>();
  /** Where files need a name: the name by which a worker finds its page. */
  readonly #files = new Map<number, string>();
  readonly #retired = new Float64Array(PAGE_LENGTH);
  /** What workers that have ended did for clients, by generation. */
  readonly #ended = new Map<number, Tally>();

  constructor(readonly pages: PageFiles) {}

  /**
   * Creates a worker's page and returns the descriptor to inherit; `undefined` if the page is a
   * named file or could not be created.
   */
  add(worker: number, generation: number): number | undefined {
    try {
      const { descriptor, path } = this.pages.create();
      this.#counting.set(worker, {
        descriptor,
        generation,
        before: undefined,
        progress: NO_TALLY.progress,
      });
      if (path === undefined) return descriptor;
      this.#files.set(worker, path);
      return undefined;
    } catch {
      // A sandbox without memfd_create: the worker still serves, but is not counted.
      return undefined;
    }
  }

  /** The file of a worker's page, which the worker removes once it has mapped it. */
  fileOf(worker: number): string | undefined {
    return this.#files.get(worker);
  }

  /** The worker is ready: what its app has asked itself before that was for no client. */
  noteReady(worker: number): void {
    const counting = this.#counting.get(worker);
    if (counting !== undefined) counting.before ??= tallyOf(this.#read(counting.descriptor));
  }

  /** How far the worker has got; `undefined`: unknown. */
  progressOf(worker: number): Far | undefined {
    const counting = this.#counting.get(worker);
    return counting && this.pages.progress?.(counting.descriptor);
  }

  /** A worker that serves was seen to get on, or not, for some more time. */
  noteProgress(worker: number, more: Progress): void {
    const counting = this.#counting.get(worker);
    if (counting === undefined) return;
    const { watchedMs, stalledMs, longStalls } = counting.progress;
    counting.progress = {
      watchedMs: watchedMs + more.watchedMs,
      stalledMs: stalledMs + more.stalledMs,
      longStalls: longStalls + more.longStalls,
    };
  }

  /** How many requests of clients a worker has answered; 0: unknown. */
  requestsOf(worker: number): number {
    const counting = this.#counting.get(worker);
    return counting === undefined
      ? 0
      : forClients(counting, this.#read(counting.descriptor)).requests;
  }

  /** The worker has ended: keeps what it has counted. */
  retire(worker: number): void {
    const file = this.#files.get(worker);
    if (file !== undefined) this.pages.remove(file);
    this.#files.delete(worker);
    const counting = this.#counting.get(worker);
    if (counting === undefined) return;
    const { descriptor, generation } = counting;
    const page = this.#read(descriptor);
    addCounters(this.#retired, page);
    this.#ended.set(generation, plus(this.#endedOf(generation), ended(forClients(counting, page))));
    this.pages.close(descriptor);
    this.#counting.delete(worker);
  }

  #endedOf(generation: number): Tally {
    return this.#ended.get(generation) ?? NO_TALLY;
  }

  /** What all workers of a generation, ended ones too, have done for clients so far. */
  tally(generation: number): Tally {
    const counting = [...this.#counting.values()].filter((it) => it.generation === generation);
    const tallies = counting.map((it) => forClients(it, this.#read(it.descriptor)));
    return tallies.reduce(plus, this.#endedOf(generation));
  }

  /** Nothing of the generation is left. */
  forget(generation: number): void {
    this.#ended.delete(generation);
  }

  /** Adds what another master's workers have counted. */
  takeOver(page: Counted["page"]): void {
    for (const [index, value] of page) this.#retired[index] = (this.#retired[index] ?? 0) + value;
  }

  /** The sum of the counters of all workers that there have been. */
  get total(): Float64Array {
    const total = this.#retired.slice();
    for (const page of this.live) addCounters(total, page);
    return total;
  }

  /** What has been counted since the last call. */
  unreported(): Float64Array {
    const { total } = this;
    const unreported = total.map((value, index) => value - (this.#said[index] ?? 0));
    this.#said.set(total);
    return unreported;
  }

  /** What live workers have on their pages now. */
  get live(): Float64Array[] {
    return [...this.#counting.values()].map(({ descriptor }) => this.#read(descriptor));
  }

  #read(descriptor: number): Float64Array {
    const page = new Float64Array(PAGE_LENGTH);
    this.pages.read(descriptor, page);
    return page;
  }
}

function forClients({ before, progress }: Counting, page: Float64Array): Tally {
  const seen = { ...NO_TALLY, progress };
  return before === undefined ? seen : plus(minus(tallyOf(page), before), seen);
}
