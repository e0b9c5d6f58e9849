// The pages that workers count in, as the master has them: those of live workers, and the sum of what all
// others have counted, so that no counter ever goes back.
import { addCounters } from "../metrics/sum.ts";
import { PAGE_BYTES, PAGE_LENGTH } from "../metrics/page.ts";
import { closeDescriptor } from "../net/descriptors.ts";
import { createPage, readPage } from "../net/shared-page.ts";

export class Pages {
  readonly #descriptors = new Map<number, number>();
  readonly #retired = new Float64Array(PAGE_LENGTH);

  /** Makes the page of a worker, for it to inherit; `undefined` where there can be none. */
  add(worker: number): number | undefined {
    try {
      const descriptor = createPage(PAGE_BYTES);
      this.#descriptors.set(worker, descriptor);
      return descriptor;
    } catch {
      // A sandbox without memfd_create: the worker serves all the same, and is not counted.
      return undefined;
    }
  }

  /** The worker has ended: keeps what it has counted. */
  retire(worker: number): void {
    const descriptor = this.#descriptors.get(worker);
    if (descriptor === undefined) return;
    addCounters(this.#retired, read(descriptor));
    closeDescriptor(descriptor);
    this.#descriptors.delete(worker);
  }

  /** What live workers have on their pages now. */
  get live(): Float64Array[] {
    return [...this.#descriptors.values()].map(read);
  }

  /** What workers that have ended had counted, on one page. */
  get retired(): Float64Array {
    return this.#retired;
  }
}

function read(descriptor: number): Float64Array {
  const page = new Float64Array(PAGE_LENGTH);
  readPage(descriptor, page);
  return page;
}
