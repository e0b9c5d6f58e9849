// (d) Whatever happens to a reload, the workers of the serving generation go on. None of them is
// asked to end, unless it never started, has failed, hangs, is surplus, or the server stops. A
// worker whose app has thrown, or that is worn, is asked to drain when another one is ready in its
// slot, and not before.

import type { Effect } from "../../../src/core/effects.ts";
import type { State, Worker } from "../../../src/core/state.ts";
import { begunIn } from "../recycling-begun.ts";
import { Checker, type Moment } from "./checker.ts";

const ENDING: ReadonlySet<Effect["type"]> = new Set([
  "drain",
  "stop",
  "force",
  "kill",
  "quiet-listener",
  "release-listener",
]);

export class UntouchedChecker extends Checker {
  readonly name = "untouched";
  override readonly watchesSuccessor = true;

  override decided(moment: Moment): void {
    const { before, after, effects } = moment;
    const { rollout } = before;
    const tried = rollout.name === "none" ? undefined : rollout.generation;
    const rejected = effects.some(
      (e) =>
        (e.type === "reload-ended" && e.outcome === "rejected") ||
        (e.type === "reload-undone" && e.generation === tried),
    );
    if (rejected) this.#checkRejection(moment);
    if (after.stop.name === "draining" || after.serving === undefined) return;
    const target = after.generations.get(after.serving)?.target ?? 0;
    for (const effect of effects) {
      if (!ENDING.has(effect.type) || !("worker" in effect)) continue;
      const worker = before.workers.get(effect.worker);
      if (worker === undefined || worker.generation !== after.serving) continue;
      if (after.sharing.name === "solo" && mayYield(moment, effect.type, worker)) continue;
      if (hasThrown(worker) && isReplaced(after, worker)) continue;
      // Its master has died, and it accepts nothing any more.
      const isOrphan = after.workers.get(worker.id)?.phase.name === "orphaned";
      if (isOrphan && effect.type === "quiet-listener") continue;
      // Nobody else can end it.
      const isHung = moment.event.type === "worker-stalled" && moment.event.worker === worker.id;
      const isEnded = effect.type === "kill" || effect.type === "quiet-listener";
      if (isHung && isEnded) continue;
      // It has to be gone before the new one starts.
      if (after.rollout.name === "emptying") continue;
      if (worker.phase.name === "ready" && worker.slot < target) {
        this.fail(`${effect.type} for worker ${worker.id}, which serves`);
      }
    }
  }

  /** The step that rejects a reload changes nothing in the serving generation. */
  #checkRejection(moment: Moment): void {
    const { event, before, after, effects } = moment;
    // Somebody has asked for the generation in standby, and for none else.
    if (after.serving === before.bake?.standby) return;
    if (before.serving !== after.serving) this.fail("a rejected reload changed who serves");
    if (before.settings !== after.settings) this.fail("a rejected reload changed the settings");
    if (after.stop.name !== "none" || after.serving === undefined) return;
    const causedBy = "worker" in event ? event.worker : undefined;
    const target = after.generations.get(after.serving)?.target ?? 0;
    for (const worker of ready(before)) {
      const { id, slot, phase } = worker;
      // The news that its replacement is ready may have caused the step.
      if (hasThrown(worker) && isReplaced(after, worker)) continue;
      const now = after.workers.get(id)?.phase;
      // It is worn, and nobody can take its place.
      const isPutOff = now?.name === "ready" && now.recycle === "put-off";
      const unchanged = now === phase || isPutOff;
      if (unchanged || id === causedBy || slot >= target) continue;
      // The end of their master may be seen when the deadline of the new generation has come.
      if (event.type === "predecessor-ended" && event.workers.includes(id)) continue;
      // It is worn, and had to wait until the reload was over.
      if (begunIn(effects).includes(id)) continue;
      // A timer that is late may have come for both.
      if (hasHung(moment, worker)) continue;
      this.fail(`a rejected reload changed worker ${id} of the generation that serves`);
    }
  }
}

function hasThrown({ phase }: Worker): boolean {
  return phase.name === "ready" && phase.recycle === "wanted";
}

/** Whether another worker is ready in its slot. */
function isReplaced(after: State, { id, slot }: Worker): boolean {
  return ready(after).some((other) => other.slot === slot && other.id !== id);
}

/**
 * Where addresses are not shared, the serving worker releases its listeners for one that waits for
 * them, and is killed if it does not, or if it hangs as it listens again.
 */
function mayYield(moment: Moment, what: Effect["type"], worker: Worker): boolean {
  const { after } = moment;
  const others = [...after.workers.values()].filter(({ id }) => id !== worker.id);
  if (what === "release-listener") return others.some(({ phase }) => phase.name === "binding");
  return what === "kill" && hasHung(moment, worker);
}

/** It has not released a listener in time, or hangs as it listens again. */
function hasHung({ nowMs, before: { bindLock } }: Moment, { id, listeners }: Worker): boolean {
  const keepsTooLong = [...listeners.values()].some(
    (it) => it.name === "yielding" && nowMs >= it.deadlineMs,
  );
  return keepsTooLong || (bindLock?.worker === id && nowMs >= bindLock.deadlineMs);
}

function ready(state: State): Worker[] {
  return [...state.workers.values()].filter(
    (worker) => worker.generation === state.serving && worker.phase.name === "ready",
  );
}
