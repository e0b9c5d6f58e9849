// The pages that simulated workers count in. At times none can be made.
import { PAGE_LENGTH, requestIndex } from "../../../src/metrics/page.ts";
import type { PageFiles } from "../../../src/master/surroundings.ts";
import { SystemError } from "../../../src/os/libc.ts";
import type { World } from "./world.ts";

/** Where each worker counts its requests. */
const COUNTED = requestIndex("GET", 200);

export class SimulatedPages implements PageFiles {
  readonly #open = new Set<number>();

  constructor(readonly world: World) {}

  create(): { readonly descriptor: number } {
    if (this.world.fails()) throw new SystemError("memfd_create", "ENOMEM");
    const descriptor = this.world.nextPage++;
    this.#open.add(descriptor);
    return { descriptor };
  }

  read(descriptor: number, into: Float64Array<ArrayBuffer>): void {
    this.#demand(descriptor);
    if (into.length !== PAGE_LENGTH) throw new Error("that is no page");
    into[COUNTED] = this.world.pages.get(descriptor)?.counted ?? 0;
  }

  close(descriptor: number): void {
    this.#demand(descriptor);
    this.#open.delete(descriptor);
  }

  remove(): void {}

  #demand(descriptor: number): void {
    if (!this.#open.has(descriptor)) {
      this.world.violate("descriptors", `page ${descriptor} is closed`);
    }
  }
}
