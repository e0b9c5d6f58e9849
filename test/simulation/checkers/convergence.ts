// (g, i) Once faults have stopped and nothing is left to happen, the last version written is served
// by as many ready workers as requested. There are no other workers, and no program is in force.

import type { State } from "../../../src/core/state.ts";
import { isBusyHandingOver, isRefused } from "../../../src/core/predicates.ts";
import { MAX_WORKERS } from "../../../src/core/rules/scale.ts";
import type { World } from "../world/world.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { areAddressesOf, pathsOf } from "../world/disk.ts";
import { Checker, servingReady, type Moment } from "./checker.ts";

export class ConvergenceChecker extends Checker {
  readonly name = "convergence";
  /** The requested number of workers: as configured, or scaled since. */
  #wanted = 0;
  /** The same of each generation, while it served. */
  readonly #wantedOf = new Map<number, number>();

  override decided({ event, before, after, world }: Moment): void {
    if (event.type === "scale-requested" && before.serving !== undefined) {
      const { to } = event;
      const more = to === "one-more" ? 1 : -1;
      const scaled = typeof to === "number" ? to : this.#wanted + more;
      const isOpen = before.stop.name === "none" && !isBusyHandingOver(before);
      const isSolo = before.sharing.name === "solo";
      const mayScale = isOpen && before.rollout.name === "none" && (!isSolo || scaled === 1);
      const allowed = mayScale && scaled >= 1 && scaled <= MAX_WORKERS;
      if (allowed) this.#wanted = scaled;
    }
    if (after.serving !== undefined && after.serving !== before.serving) {
      const { workers } = world.disk.of(after.serving).settings;
      const isBack = after.serving === before.bake?.standby;
      this.#wanted = isBack ? (this.#wantedOf.get(after.serving) ?? workers) : workers;
    }
    if (after.serving !== undefined) this.#wantedOf.set(after.serving, this.#wanted);
  }

  override calm(world: World, state: State): void {
    const { number } = world.disk.written;
    const { kernel } = world;
    const addresses = world.isShared ? kernel.shared.addresses() : kernel.addresses();
    if (state.serving === undefined) this.fail("nothing serves");
    const served = world.disk.of(state.serving).number;
    if (served !== number) this.fail(`version ${served} is served, the last one is ${number}`);
    const ready = servingReady(state);
    const { living } = world;
    if (ready.length !== this.#wanted || living.size !== this.#wanted) {
      const are = `${ready.length} are ready and ${living.size} live`;
      this.fail(`${this.#wanted} workers were asked for: ${are}`);
    }
    for (const { id, loaded } of living) {
      if (loaded !== number) this.fail(`worker ${id} has loaded version ${loaded}, not ${number}`);
    }
    if (world.isShared) {
      const paths = pathsOf(world.disk.written).map((path) => formatAddress(path));
      if (paths.toSorted().join() === addresses.toSorted().join()) return;
    }
    if (!areAddressesOf(world.disk.written, addresses)) {
      const { hosts, port } = world.disk.written;
      this.fail(`it listens on [${addresses}], not on [${hosts}] at ${port}`);
    }
    for (const address of addresses) this.#checkGroup(world, address);
  }

  override rested(world: World, state: State): void {
    this.calm(world, state);
    if (world.kernel.steerable && isRefused(state)) {
      this.fail("it does not steer, though the kernel takes programs again");
    }
  }

  #checkGroup(world: World, address: string): void {
    const { kernel } = world;
    const owners = kernel.owners(address);
    // One that its worker has left behind may stay, see `closeLeftover`.
    const living = owners.filter((owner) => world.worker(owner).alive);
    if (living.length !== this.#wanted) this.fail(`${address} has the listeners [${owners}]`);
    const quiet = living.filter((owner) => kernel.isQuiet(address, owner));
    if (quiet.length > 0) this.fail(`the listeners [${quiet}] on ${address} are quiet`);
    // Those that hang or are full are steered around, see `HangChecker` and `RoomChecker`.
    if (living.some((owner) => world.worker(owner).hangs)) return;
    const full = living.filter((owner) => world.worker(owner).isFull);
    if (full.length > 0 && full.length < living.length) return;
    const program = kernel.program(address);
    if (program !== undefined && "by" in program) return;
    const isSteered = program !== undefined;
    if (isSteered && living.length === owners.length) this.fail(`${address} is still steered`);
  }
}
