// The pages that simulated workers count in. At times none can be made.
import { stepOf } from "../../../src/metrics/durations.ts";
import { type Far, PAGE, PAGE_LENGTH, requestIndex } from "../../../src/metrics/page.ts";
import type { PageFiles } from "../../../src/master/surroundings.ts";
import { SystemError } from "../../../src/os/libc.ts";
import type { World } from "./world.ts";

/** Where each worker counts its requests. */
const ANSWERED = requestIndex("GET", 200);
const FAILED = requestIndex("GET", 500);
/** How many took 10 ms, and how many took a second. */
const FAST = PAGE.durations + stepOf(0.01);
const SLOW = PAGE.durations + stepOf(1);

const NOT_AT_ALL: Far = { count: 0, turnedMs: 0, turnEachMs: 0 };

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
    into.fill(0);
    const { counted = 0, failed = 0, slow = 0 } = this.world.pages.get(descriptor) ?? {};
    into[ANSWERED] = counted - failed;
    into[FAILED] = failed;
    into[FAST] = counted - slow;
    into[SLOW] = slow;
  }

  /** As far as its worker has counted, see metrics/page.ts. */
  progress(descriptor: number): Far {
    this.#demand(descriptor);
    return this.world.pages.get(descriptor)?.far ?? NOT_AT_ALL;
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
