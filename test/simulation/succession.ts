// Handovers: a second master, with a control loop of its own, is started over the first one's
// workers and listeners. It takes the first one's place when it has been granted the server, or it
// ends, at any moment, and its listeners leave the kernel's arrays in any order.

import { VERSION } from "../core/scenario.ts";
import { inventoryOf } from "../../src/core/rules/handover.ts";
import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";
import type { State } from "../../src/core/state.ts";
import { successorState } from "../../src/core/rules/takeover.ts";
import type { Version } from "./world/disk.ts";
import type { World } from "./world/world.ts";

/** A master that has been started and does not have the server. */
export interface Successor {
  state: State;
  /** The one whose configuration it has read. */
  readonly version: Version;
  /** Its own workers. */
  readonly spawned: Set<number>;
}

/** What the succession changes, and whom it tells. */
export interface Masters {
  readonly world: World;
  /** Of the master that has the server. */
  state: State;
  take(event: Event): void;
  takeAsSuccessor(event: Event): void;
}

/** When the old master gives up waiting, at the latest. */
const PATIENCE_MS = 120_000;

export class Succession {
  successor: Successor | undefined;
  #attempt = 0;
  #nextWorker = 0;
  #granted = false;

  constructor(private readonly masters: Masters) {}

  /** Whether an event is for the master that does not have the server. */
  concerns(event: Event): boolean {
    return "worker" in event && this.successor?.spawned.has(event.worker) === true;
  }

  /** Performs what the old master asks for. `false`: it is not about a handover. */
  performForOld(effect: Effect): boolean {
    switch (effect.type) {
      case "hand-over":
        this.#offer();
        return true;
      case "abort-handover":
        this.#later(this.masters.world.random.wait(50), () => this.#end());
        return true;
      case "grant":
        this.#granted = true;
        return true;
      default:
        return false;
    }
  }

  /** Performs what the new master asks for. `false`: the world does that. */
  performForSuccessor(effect: Effect): boolean {
    switch (effect.type) {
      case "spawn":
        this.successor?.spawned.add(effect.worker);
        return false;
      case "reserve-number":
        this.#nextWorker = Math.max(this.#nextWorker, effect.worker + 1);
        return true;
      case "claim":
        this.#later(this.masters.world.random.wait(20), () =>
          this.masters.take({ type: "handover-claimed" }),
        );
        return true;
      case "exit":
        this.#later(0, () => this.#end());
        return true;
      case "steer":
        throw new Error("the new master steers before the server is its");
      default:
        return false;
    }
  }

  /** After each turn of the old master: has it granted the server? */
  settle(): void {
    const { successor, masters } = this;
    if (!this.#granted || successor === undefined) return;
    this.#granted = false;
    const old = this.#succeed(successor);
    const reload = old.reloadWantedBy;
    masters.take({ type: "takeover-granted", reload, ended: exitedOf(old) });
    // It dies, or all is passed on until its last worker has ended.
    const { random } = masters.world;
    if (random.chance(0.3)) {
      masters.world.later(random.wait(1000), () => this.#orphan([...old.workers.keys()]));
    }
  }

  /** The new master takes the place of the old one, whose state this returns. */
  #succeed(successor: Successor): State {
    const { masters } = this;
    const { state: old, world } = masters;
    this.#attempt += 1;
    this.successor = undefined;
    // The old master's duplicates are closed.
    for (const [address, { members }] of old.groups) {
      for (const member of members) world.kernel.close(address, member);
    }
    masters.state = successor.state;
    if (old.serving !== undefined) world.disk.put(old.serving, successor.version);
    return old;
  }

  /** The old master dies before it has granted. */
  #die(): void {
    const { successor, masters } = this;
    const isOffered = masters.state.succession.name === "offered";
    if (successor === undefined || successor.state.succession.name === "failed" || !isOffered)
      return;
    if (!masters.world.faulty) return;
    const old = this.#succeed(successor);
    this.#orphan([...old.workers.keys()]);
    for (const worker of exitedOf(old)) {
      masters.take({ type: "worker-exited", worker, how: "before the handover" });
    }
  }

  /** The old master has died: its workers are on their own. */
  #orphan(workers: readonly number[]): void {
    const { world } = this.masters;
    for (const id of workers) world.worker(id).orphan();
    this.masters.take({ type: "predecessor-ended", workers });
  }

  #offer(): void {
    const { random, profile, faulty } = this.masters.world;
    this.#attempt += 1;
    this.#nextWorker = 0;
    this.#later(random.wait(100), () => this.#begin());
    this.#later(PATIENCE_MS, () => this.#end());
    if (faulty && random.chance(profile.faultRate * 6)) {
      this.#later(random.wait(300), () => this.#goWrong());
    }
  }

  /** Either master dies, or what serves does, at any moment of a handover. */
  #goWrong(): void {
    const { random } = this.masters.world;
    const mishap = random.pick(["old", "new", "workers", "workers"] as const);
    if (mishap === "new") this.#end();
    else if (mishap === "old") this.#die();
    else this.#crashOldWorkers(random.chance(0.7) ? 1 : 0.5);
  }

  /** Those that serve crash while the new master gets ready. @param share of them, from 0 to 1 */
  #crashOldWorkers(share: number): void {
    const { world, state } = this.masters;
    for (const { id, phase } of state.workers.values()) {
      const dies = phase.name === "ready" && world.random.chance(share);
      if (dies) world.worker(id).die("signal SIGSEGV");
    }
  }

  #begin(): void {
    const { world, state: old } = this.masters;
    if (old.succession.name !== "offered") return;
    const version = world.disk.written;
    if (!version.valid) return this.#end();
    const inventory = inventoryOf(old);
    for (const { address, members } of inventory.groups) {
      for (const member of members) world.kernel.duplicate(address, member);
    }
    const state = successorState(version.settings, VERSION, inventory);
    world.disk.put(state.nextGeneration, version);
    this.successor = { state, version, spawned: new Set() };
    this.masters.takeAsSuccessor({ type: "tick" });
  }

  /** The new master and all its processes end. */
  #end(): void {
    const { successor, masters } = this;
    const { world } = masters;
    this.#attempt += 1;
    this.successor = undefined;
    if (successor !== undefined) {
      const { kernel, random } = world;
      for (const id of successor.spawned) world.worker(id).die("signal SIGKILL");
      const left = kernel
        .addresses()
        .flatMap((address) =>
          kernel.owners(address).map((owner) => ({ address, owner, at: random.fraction() })),
        );
      for (const { address, owner } of left.toSorted((a, b) => a.at - b.at)) {
        if (successor.spawned.has(owner)) kernel.closeAll(address, owner);
        else if (isMember(successor.state, address, owner)) kernel.close(address, owner);
      }
    }
    const nextWorker = this.#nextWorker;
    masters.take({ type: "handover-failed", reason: "it has ended", nextWorker });
  }

  /** Acts later, unless the attempt that is under way now is over by then. */
  #later(delayMs: number, act: () => void): void {
    const attempt = this.#attempt;
    this.masters.world.later(delayMs, () => {
      if (attempt === this.#attempt) act();
    });
  }
}

function exitedOf({ workers }: State): number[] {
  return [...workers.values()].flatMap(({ id, phase }) => (phase.name === "exited" ? [id] : []));
}

function isMember(state: State, address: string, worker: number): boolean {
  return state.groups.get(address)?.members.includes(worker) === true;
}
