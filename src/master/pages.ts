// The pages that workers count in, as the master has them: those of live workers, and the sum of what all
// others have counted, so that no counter ever goes back.
import { addCounters } from "../metrics/sum.ts";
import { PAGE_BYTES, PAGE_LENGTH } from "../metrics/page.ts";
import { closeSync } from "node:fs";
import { createFilePage, removeFile } from "../net/file-page.ts";
import { createPage, readPage } from "../net/shared-page.ts";
import { here } from "../platform.ts";

export class Pages {
  readonly #descriptors = new Map<number, number>();
  /** Where there are no files without a name: the name that a worker finds its page by. */
  readonly #files = new Map<number, string>();
  readonly #retired = new Float64Array(PAGE_LENGTH);

  /** Makes the page of a worker, for it to inherit; `undefined` where it has a name, or there can be none. */
  add(worker: number): number | undefined {
    try {
      if (!here.sharesAddresses) {
        const { descriptor, path } = createFilePage(PAGE_BYTES);
        this.#descriptors.set(worker, descriptor);
        this.#files.set(worker, path);
        return undefined;
      }
      const descriptor = createPage(PAGE_BYTES);
      this.#descriptors.set(worker, descriptor);
      return descriptor;
    } catch {
      // A sandbox without memfd_create: the worker serves all the same, and is not counted.
      return undefined;
    }
  }

  /** The file of a worker's page, which the worker removes when it has mapped it. */
  fileOf(worker: number): string | undefined {
    return this.#files.get(worker);
  }

  /** The worker has ended: keeps what it has counted. */
  retire(worker: number): void {
    const file = this.#files.get(worker);
    if (file !== undefined) removeFile(file);
    this.#files.delete(worker);
    const descriptor = this.#descriptors.get(worker);
    if (descriptor === undefined) return;
    addCounters(this.#retired, read(descriptor));
    closeSync(descriptor);
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
