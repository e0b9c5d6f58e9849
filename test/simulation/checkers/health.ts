// During a stop and during `drain` commands, the health check of every worker answers 503,
// including workers that start later; at all other times it answers 200.

import { hasHandedOver, hasServer } from "../../../src/core/predicates.ts";
import { Checker, type Moment } from "./checker.ts";

export class HealthChecker extends Checker {
  readonly name = "health";
  /** The `drain` commands that have no answer yet. */
  readonly #drains = new Set<number>();
  /** The workers that were asked to answer 503. */
  readonly #draining = new Set<number>();
  /** Nobody can tell them anything. */
  readonly #orphans = new Set<number>();

  override decided({ event, before }: Moment): void {
    if (event.type === "drain-requested") this.#drains.add(event.id);
    if (event.type !== "predecessor-ended") return;
    for (const id of event.workers) this.#orphans.add(id);
    if (!hasServer(before)) this.#drains.clear();
  }

  override performed({ after, effects }: Moment): void {
    for (const effect of effects) {
      if (effect.type === "answer") this.#drains.delete(effect.id);
      if (effect.type === "spawn" && effect.healthIsDraining) this.#draining.add(effect.worker);
      if (effect.type !== "health") continue;
      for (const id of after.workers.keys()) {
        if (effect.draining) this.#draining.add(id);
        else this.#draining.delete(id);
      }
    }
    if (!hasServer(after) || after.exited) return;
    const isStopping = after.stop.name !== "none" && !hasHandedOver(after);
    const wanted = isStopping || this.#drains.size > 0;
    for (const { id, phase } of after.workers.values()) {
      if (this.#orphans.has(id) || phase.name === "exited") continue;
      if (this.#draining.has(id) !== wanted) {
        this.fail(`health of worker ${id} is ${wanted ? 200 : 503}, and not to be`);
      }
    }
  }
}
