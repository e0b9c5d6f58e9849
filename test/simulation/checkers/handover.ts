// (b) During a handover: it goes on only while some worker serves. No connection comes to a worker
// of the successor before the successor has the server. The successor is offered what it
// understands, and gets the time that it should have; the groups that it relies on stay as they
// are; and it leaves the predecessor's workers alone. If the predecessor has died, the end of its
// workers is not a crash.

import type { Effect } from "../../../src/core/effects.ts";
import { groupsAreFrozen, hasServer, isRefused } from "../../../src/core/predicates.ts";
import { SUCCESSOR_GRACE_MS } from "../../../src/core/settings.ts";
import type { State } from "../../../src/core/state.ts";
import type { Call } from "../world/kernel.ts";
import type { World } from "../world/world.ts";
import { Checker, hasSuccessor, isSteeredIn, type Moment, servingReady } from "./checker.ts";

/** What changes the members of a group, or the connections it takes. */
const OF_GROUPS: ReadonlySet<Effect["type"]> = new Set([
  "bind",
  "quiet-listener",
  "release-listener",
  "close-listener",
]);

export class HandoverChecker extends Checker {
  readonly name = "handover";
  override readonly watchesSuccessor = true;
  readonly #orphans = new Set<number>();
  /** When the successor may be killed. */
  #patienceEndsMs = 0;

  override decided(moment: Moment): void {
    const { event, before, after, effects } = moment;
    this.#notePatience(moment);
    if (event.type === "predecessor-ended") for (const id of event.workers) this.#orphans.add(id);
    if (event.type !== "worker-exited" || !this.#orphans.has(event.worker)) return;
    const isLogged = effects.some((e) => e.type === "log" && e.event === "worker-crashed");
    const counted = after.respawn.crashesMs.length - before.respawn.crashesMs.length;
    // A worker whose deadline has passed by now is killed and counted in the same turn, and so is
    // the load of a generation in the place of one of which nobody is left.
    const ofOthers = effects.filter(
      (e) =>
        (e.type === "worker-respawned" && e.worker !== event.worker) ||
        (e.type === "log" && e.event === "generation-lost"),
    );
    const isCounted = counted > ofOthers.length;
    if (isLogged || isCounted) this.fail(`the end of orphan ${event.worker} counts as a crash`);
  }

  /** It has some time to end, and if its workers may be serving, they have the time of a stop. */
  #notePatience({ nowMs, event, before, after }: Moment): void {
    const { name } = after.succession;
    const begins = name === "aborting" && before.succession.name !== name;
    // A successor without an offer has nothing to finish.
    const graceMs = event.type === "successor-said-hello" ? 0 : SUCCESSOR_GRACE_MS;
    if (begins) this.#patienceEndsMs = nowMs + graceMs;
    if (event.type !== "successor-exited") return;
    this.#patienceEndsMs = nowMs + (isRefused(after) ? after.settings.shutdownTimeoutMs : 0);
  }

  override performing({ nowMs, event, before, after }: Moment, effect: Effect): void {
    if (effect.type === "offer" && event.type === "successor-said-hello") {
      const isUnderstood = event.protocols.includes(effect.protocol);
      if (!isUnderstood) this.fail(`protocol ${effect.protocol} is not one of ${event.protocols}`);
    }
    if (effect.type === "kill-successor" && servingReady(after).length > 0) {
      if (nowMs < this.#patienceEndsMs) this.fail("the successor is killed too early");
    }
    if (OF_GROUPS.has(effect.type) && groupsAreFrozen(before) && groupsAreFrozen(after)) {
      this.fail(`${effect.type} while a successor counts on the groups`);
    }
    if (hasServer(before) || hasServer(after) || !("worker" in effect)) return;
    if (before.workers.get(effect.worker)?.generation === before.serving) {
      this.fail(`${effect.type} for worker ${effect.worker}, which is the predecessor's`);
    }
  }

  override performed({ after, world }: Moment): void {
    if (!hasServer(after)) return;
    const { name } = after.succession;
    const goesOn = name === "starting" || name === "offered";
    if (goesOn && servingReady(after).length === 0) {
      this.fail("a handover goes on while nobody serves");
    }
    for (const address of world.kernel.addresses()) this.#checkReach(world, after, address);
  }

  override called(world: World, state: State, _call: Call, address: string): void {
    this.#checkReach(world, state, address);
  }

  #checkReach(world: World, state: State, address: string): void {
    const { kernel } = world;
    if (!isSteeredIn(world, state) || !hasSuccessor(state) || state.succession.name === "granted") {
      return;
    }
    // An address that only the successor listens on does not belong to the server yet.
    if (!state.groups.has(address)) return;
    for (const id of kernel.reach(address)) {
      // The number of the successor's generation was taken when it was started.
      if (world.worker(id).generation < state.nextGeneration - 1) continue;
      this.fail(`a connection to ${address} comes to worker ${id}, whose master serves nobody yet`);
    }
  }
}
