// Where nobody else serves, no client comes to a version that is not warm, or has not been looked
// at. At the first start a worker is warm before it listens. Between two generations one listener
// drops new handshakes, and gets all of them, until a worker that is to serve is ready.

import { hasServer } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import type { Call } from "../world/kernel.ts";
import type { World } from "../world/world.ts";
import { Checker, isSteeredIn, type Moment, servingReady, takingReady } from "./checker.ts";

export class ProvenChecker extends Checker {
  readonly name = "proven";
  /** Addresses at which clients wait. */
  readonly #waiting = new Set<string>();
  #hasServed = false;

  override performed({ after, world }: Moment): void {
    if (after.serving !== undefined) this.#hasServed = true;
    const { kernel } = world;
    const addresses = world.isShared ? kernel.shared.addresses() : kernel.addresses();
    for (const address of [...addresses, ...this.#waiting]) this.#check(world, after, address);
  }

  override called(world: World, state: State, _call: Call, address: string): void {
    if (!world.isShared) this.#checkReached(world, state, address);
  }

  #check(world: World, state: State, address: string): void {
    if (world.isShared) return this.#checkAccepting(world, state, address);
    this.#checkReached(world, state, address);
    const { kernel } = world;
    const owners = kernel.has(address) ? kernel.owners(address) : [];
    if (!isBetween(world, state, address)) return void this.#waiting.delete(address);
    // An address that an earlier version has had is given up.
    const isKept = (id: number): boolean => world.worker(id).generation === state.serving;
    const waits = owners.filter((id) => kernel.drops(address, id));
    if (waits.length > 0 && !waits.some(isKept)) return void this.#waiting.delete(address);
    if (waits.length > 0) this.#waiting.add(address);
    else if (this.#waiting.has(address)) this.fail(`clients waited at ${address}, and are refused`);
  }

  #checkReached(world: World, state: State, address: string): void {
    const { kernel } = world;
    if (!kernel.has(address)) return;
    if (!this.#hasServed && state.serving === undefined && hasServer(state)) {
      for (const id of kernel.reach(address)) this.#checkWarm(world, address, id);
    }
    if (!isBetween(world, state, address) || !this.#waiting.has(address)) return;
    const wrong = kernel.reach(address).find((id) => !kernel.drops(address, id));
    if (wrong !== undefined) this.fail(`${address} reaches worker ${wrong}, which is to wait`);
  }

  #checkWarm(world: World, address: string, id: number): void {
    const { alive, isWarm } = world.worker(id);
    // Nobody knows a port that the system has chosen.
    if (alive && !isWarm && !isChosen(address)) {
      this.fail(`${address} reaches worker ${id}, which is not warm`);
    }
  }

  #checkAccepting(world: World, state: State, address: string): void {
    if (!isBetween(world, state, address)) return;
    const { members = [] } = state.groups.get(address) ?? {};
    for (const id of world.kernel.shared.acceptorsAt(address)) {
      const worker = state.workers.get(id);
      const isNew = worker !== undefined && worker.generation !== state.serving;
      const { name } = worker?.phase ?? {};
      const isLeaving = name === "draining" || name === "stopping" || name === "orphaned";
      // Where nobody has served before there is no listener to wait at.
      const isOld = (it: number): boolean => world.worker(it).generation !== worker?.generation;
      if (!isNew || isLeaving || !members.some(isOld)) continue;
      this.fail(`worker ${id} accepts at ${address}, and is to wait`);
    }
  }
}

/** See `Kernel.freePort`. */
function isChosen(address: string): boolean {
  return Number(address.slice(address.lastIndexOf(":") + 1)) >= 40_000;
}

/** One generation has stopped, and no worker is to serve yet. */
function isBetween(world: World, state: State, address: string): boolean {
  const { rollout, generations, serving, stop, groups } = state;
  if (stop.name !== "none" || !hasServer(state) || serving === undefined) return false;
  if (!isSteeredIn(world, state) || groups.get(address)?.diversion !== undefined) return false;
  const isOf = (number: number): boolean => generations.get(number)?.gapSinceMs !== undefined;
  const isGap = isOf(serving) || (rollout.name !== "none" && isOf(rollout.generation));
  if (!isGap || servingReady(state).length > 0) return false;
  return takingReady(state).length === 0;
}
