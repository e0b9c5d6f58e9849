// The pages that workers count in, on the master's side: those of live workers, and the sum of what
// all others have counted, so that no counter ever goes back.
import { addCounters } from "../../metrics/sum.ts";
import type { Counted } from "../../metrics/counted.ts";
import { PAGE_LENGTH } from "../../metrics/page.ts";
import type { PageFiles } from "../surroundings.ts";

export class CounterPages {
  /** What was returned before, see `unreported`. */
  readonly #said = new Float64Array(PAGE_LENGTH);
  readonly #descriptors = new Map<number, number>();
  /** Where files need a name: the name by which a worker finds its page. */
  readonly #files = new Map<number, string>();
  readonly #retired = new Float64Array(PAGE_LENGTH);

  constructor(readonly pages: PageFiles) {}

  /**
   * Creates a worker's page and returns the descriptor to inherit; `undefined` if the page is a
   * named file or could not be created.
   */
  add(worker: number): number | undefined {
    try {
      const { descriptor, path } = this.pages.create();
      this.#descriptors.set(worker, descriptor);
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

  /** The worker has ended: keeps what it has counted. */
  retire(worker: number): void {
    const file = this.#files.get(worker);
    if (file !== undefined) this.pages.remove(file);
    this.#files.delete(worker);
    const descriptor = this.#descriptors.get(worker);
    if (descriptor === undefined) return;
    addCounters(this.#retired, this.#read(descriptor));
    this.pages.close(descriptor);
    this.#descriptors.delete(worker);
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
    return [...this.#descriptors.values()].map((descriptor) => this.#read(descriptor));
  }

  #read(descriptor: number): Float64Array {
    const page = new Float64Array(PAGE_LENGTH);
    this.pages.read(descriptor, page);
    return page;
  }
}
