// A worker that is well and has reached a limit is replaced: one at a time, the new one ready
// before the old one drains, and never while a version comes up, is on trial or goes, nor in a
// handover or a stop. It counts as no crash. In the end everybody has been replaced who was to be.

import type { EffectOf } from "../../../src/core/effects.ts";
import type { EventOf, Measured } from "../../../src/core/events.ts";
import { canGrow } from "../../../src/core/predicates.ts";
import { LEAST_AGE_MS, type RecycleSettings } from "../../../src/core/settings.ts";
import type { State } from "../../../src/core/state.ts";
import type { MasterProcess } from "../world/master-process.ts";
import type { World } from "../world/world.ts";
import { begunIn } from "../recycling-begun.ts";
import { Checker, type Moment } from "./checker.ts";

export class RecyclingChecker extends Checker {
  readonly name = "recycling";
  /** Those that are being replaced, by the master that does it. */
  readonly #replaced = new Map<number, MasterProcess>();
  /** Those that have reached a limit. */
  readonly #due = new Set<number>();
  readonly #stalled = new Set<number>();

  override decided(moment: Moment): void {
    const { event, before, after, effects } = moment;
    if (event.type === "worker-stalled") this.#stalled.add(event.worker);
    if (event.type === "worker-got-on") this.#stalled.delete(event.worker);
    if (event.type === "workers-measured") this.#noteDue(moment, event);
    const begun = begunIn(effects);
    for (const worker of begun) this.#checkBegin(moment, worker);
    const cost = after.respawn.crashesMs.length - before.respawn.crashesMs.length;
    if (begun.length > 0 && cost > 0) this.fail("a worker is recycled, and counts as crashed");
    for (const effect of effects) {
      if (effect.type === "drain" && effect.reason === "recycle") this.#checkDrain(moment, effect);
    }
  }

  /** By its own arithmetic. The luck of a worker is its own. */
  #noteDue({ after, world }: Moment, { workers }: EventOf<"workers-measured">): void {
    for (const measured of workers) {
      const worker = after.workers.get(measured.worker);
      if (worker === undefined || worker.generation !== after.serving) continue;
      const { recycle } = world.disk.of(worker.generation).settings;
      if (recycle !== undefined && isDue(recycle, measured)) this.#due.add(measured.worker);
    }
  }

  #checkBegin(moment: Moment, id: number): void {
    const { before, after, process, world } = moment;
    // One that had to be put off begins once more.
    const others = [...this.#replaced].filter(
      ([other, by]) =>
        other !== id && by === process && world.worker(other).alive && isKnown(after, other),
    );
    if (others.length > 0) this.fail(`worker ${id} is recycled while worker ${others[0]?.[0]} is`);
    this.#replaced.set(id, process);
    if (!this.#due.has(id)) this.fail(`worker ${id} is recycled, and has reached no limit`);
    const { rollout, bake, stop, succession, generations, workers } = after;
    const isOpen = [...generations.values()].some(({ open }) => open);
    const isBusy = rollout.name !== "none" || bake !== undefined || isOpen;
    if (isBusy) this.fail(`worker ${id} is recycled during a reload`);
    const isLeft = succession.name !== "none" || stop.name !== "none";
    if (isLeft) this.fail(`worker ${id} is recycled as the server leaves`);
    const other = [...workers.values()].find(
      (it) => it.phase.name !== "ready" && before.workers.has(it.id),
    );
    if (other !== undefined) this.fail(`worker ${id} is recycled, and ${other.id} comes or goes`);
  }

  /** Whoever takes its place is ready, and gets on. */
  #checkDrain({ after, world }: Moment, { worker: id }: EffectOf<"drain">): void {
    if (!this.#replaced.has(id)) return;
    const slot = after.workers.get(id)?.slot;
    const isReplaced = [...after.workers.values()].some(
      (it) =>
        it.slot === slot &&
        it.id > id &&
        it.phase.name === "ready" &&
        !this.#stalled.has(it.id) &&
        world.worker(it.id).stage !== "starting",
    );
    if (!isReplaced) this.fail(`worker ${id} drains, and nobody has taken its place`);
  }

  override calm(_world: World, state: State): void {
    const serving = state.serving === undefined ? undefined : state.generations.get(state.serving);
    if (serving === undefined || !canGrow(serving) || state.sharing.name === "solo") return;
    for (const { id, generation } of state.workers.values()) {
      if (generation !== state.serving || !this.#due.has(id)) continue;
      this.fail(`worker ${id} has reached a limit, and nobody has replaced it`);
    }
  }
}

function isKnown({ workers }: State, id: number): boolean {
  const name = workers.get(id)?.phase.name;
  return name !== undefined && name !== "exited";
}

function isDue(limits: RecycleSettings, { requests, rssBytes, ageMs, luck }: Measured): boolean {
  const { maxRequests, maxRequestsJitter, maxRssBytes, maxLifetimeMs } = limits;
  if (maxRequests > 0 && requests >= maxRequests + luck * maxRequestsJitter) return true;
  if (maxRssBytes > 0 && rssBytes >= maxRssBytes && ageMs >= LEAST_AGE_MS) return true;
  return maxLifetimeMs > 0 && ageMs >= maxLifetimeMs;
}
