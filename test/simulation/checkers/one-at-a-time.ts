// (f) The bind lock: never two binds at the same time, and no close during a bind. And no reload
// starts while the maximum number of generations drain.

import type { Effect } from "../../../src/core/effects.ts";
import type { State } from "../../../src/core/state.ts";
import { Checker, type Moment } from "./checker.ts";

export class OneAtATimeChecker extends Checker {
  readonly name = "one-at-a-time";
  override readonly watchesSuccessor = true;
  /** Asked to bind; has neither said that it did nor been seen to end. */
  #binding: number | undefined;

  override decided({ event, before, effects }: Moment): void {
    // A worker that fails to listen again lives on; any other worker that has failed ends.
    const gaveUp =
      event.type === "worker-failed" && before.workers.get(event.worker)?.phase.name === "ready";
    const answered = event.type === "worker-bound" || event.type === "worker-exited" || gaveUp;
    // The one that was binding was the successor's, and is gone by now.
    if (effects.some(({ type }) => type === "forget-successor")) this.#binding = undefined;
    if (answered && event.worker === this.#binding) this.#binding = undefined;
  }

  override performing({ after, world }: Moment, effect: Effect): void {
    if (effect.type === "bind") {
      if (this.#binding !== undefined) {
        this.fail(`worker ${effect.worker} binds while worker ${this.#binding} does`);
      }
      this.#binding = effect.worker;
    }
    if (effect.type === "close-listener") {
      const binding = [...world.living].find((worker) => worker.binding);
      if (binding !== undefined) this.fail(`a listener is closed while ${binding.id} binds`);
    }
    if (effect.type === "load-config" && after.serving !== undefined) {
      const most = world.disk.of(after.serving).settings.maxDraining;
      const draining = drainingGenerations(after);
      if (draining >= most) this.fail(`a reload begins while ${draining} generations drain`);
    }
  }
}

/** Generations that neither serve nor are in standby, and have a worker not seen to end. */
function drainingGenerations(state: State): number {
  const numbers = new Set<number>();
  for (const worker of state.workers.values()) {
    if (worker.generation === state.bake?.standby) continue;
    if (worker.generation !== state.serving && worker.phase.name !== "exited") {
      numbers.add(worker.generation);
    }
  }
  return numbers.size;
}
