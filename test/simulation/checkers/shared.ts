// Where all workers share a listening socket: what waits in its queue is never lost, its path leads
// to it as long as the server serves, and at rest all workers accept, and nobody waits.

import type { Effect } from "../../../src/core/effects.ts";
import { hasServer } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { pathsOf } from "../world/disk.ts";
import type { World } from "../world/world.ts";
import { Checker, isInGap, servingReady, type Moment } from "./checker.ts";

export class SharedChecker extends Checker {
  readonly name = "shared";
  /** How many of those that were lost have been looked at. */
  #seen = 0;
  /** Somebody was stopped by force, or has crashed while the server stops. */
  #isForced = false;
  /** The last old worker has gone for the new ones: until some serve nobody is to be found. */
  #isBetween = false;
  /** It was taken over: its workers stay where they are, whatever the new master has read. */
  #adopted: number | undefined;
  /** Where nobody has accepted since faults stopped: the last worker there had crashed. */
  #deserted: ReadonlySet<string> = new Set();
  /** A gap ends: who has waited at an address that the new version gives up waited for nobody. */
  #endsGap = false;

  override performing({ event, after }: Moment, effect: Effect): void {
    if (effect.type === "force" || effect.type === "kill") this.#isForced = true;
    const isStopping = after.stop.name !== "none";
    if (isStopping && event.type === "worker-exited" && effect.type === "worker-crashed") {
      this.#isForced = true;
    }
  }

  override decided({ event, before, after }: Moment): void {
    this.#endsGap = this.#isBetween && servingReady(after).length > 0;
    if (servingReady(after).length > 0) this.#isBetween = false;
    else if (isInGap(before) || isInGap(after)) this.#isBetween = true;
    const isSuccession = event.type === "takeover-granted" || event.type === "predecessor-ended";
    if (isSuccession && before.serving !== undefined) this.#adopted = before.serving;
  }

  override performed({ after, world }: Moment): void {
    const { shared } = world.kernel;
    const lost = shared.lost.slice(this.#seen);
    this.#seen += lost.length;
    const isAtOnce = after.stop.name === "draining" && after.stop.mode === "now";
    if (after.serving !== undefined && !isAtOnce) {
      const paths = new Set(this.#wanted(world, after));
      // The last worker that had what was given up may have crashed.
      const mayLose = (address: string): boolean =>
        world.faulty || this.#isForced || this.#endsGap || this.#deserted.has(address);
      const wrong = lost.find(({ address, isPath }) =>
        isPath ? paths.has(address) : !mayLose(address),
      );
      if (wrong !== undefined) this.fail(`clients waited at ${wrong.address}, and nobody has it`);
    }
    const left = world.faulty ? shared.addresses() : [...this.#deserted];
    this.#deserted = new Set(left.filter((it) => shared.acceptorsAt(it).length === 0));
    if (after.stop.name === "none" && hasServer(after)) this.#checkPaths(world, after);
  }

  /** Whoever connects comes to the socket of those that serve. */
  #checkPaths(world: World, state: State): void {
    const there = world.kernel.shared.addresses();
    const gone = this.#wanted(world, state).find((it) => !there.includes(it));
    if (gone !== undefined) this.fail(`${gone} leads nowhere, and is served`);
    for (const id of servingReady(state)) {
      for (const [address, { name }] of state.workers.get(id)?.listeners ?? []) {
        const worker = world.worker(id);
        if (name !== "open" || !worker.alive || worker.isOpen(address)) continue;
        this.fail(`${address} does not lead to worker ${id}, which serves`);
      }
    }
  }

  /** Where those that serve are to be found. */
  #wanted(world: World, state: State): string[] {
    const { serving, workers } = state;
    if (serving === undefined) return [];
    if (this.#isBetween) return [];
    if (serving !== this.#adopted) {
      return pathsOf(world.disk.of(serving)).map((path) => formatAddress(path));
    }
    const addresses = new Set<string>();
    for (const id of servingReady(state)) {
      for (const address of workers.get(id)?.listeners.keys() ?? []) addresses.add(address);
    }
    return [...addresses];
  }

  override calm(world: World, _state: State): void {
    const { shared } = world.kernel;
    const all = [...world.living];
    const roomy = all.filter(({ isFull }) => !isFull);
    const living = (roomy.length > 0 ? roomy : all).map(({ id }) => id);
    for (const address of shared.addresses()) {
      const accepting = shared.acceptorsAt(address).toSorted().join();
      if (accepting !== living.toSorted().join()) {
        this.fail(`[${accepting}] accept at ${address}, not [${living}]`);
      }
      const queued = shared.queuedAt(address);
      if (queued === 0 || roomy.length === 0) continue;
      this.fail(`${queued} clients wait at ${address}, and nothing happens`);
    }
  }

  override rested(world: World, state: State): void {
    this.calm(world, state);
  }

  override ended(world: World): void {
    const left = world.kernel.shared.addresses();
    if (left.length > 0) this.fail(`the paths [${left}] are left behind`);
  }
}
