// A worker that hands its WebSockets over hears of others that take them from now on: a newer
// version has come meanwhile, or a worker has been lost and replaced. Otherwise those that it still
// has would have nobody to go to when the first ones end.

import { carryTargets } from "../moves/carry.ts";
import type { Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Tells each one for whom others take its WebSockets than those that it knows of. */
export function redirectWebSockets(turn: Turn): void {
  for (const worker of turn.state.workers.values()) {
    if (worker.phase.name !== "draining" || worker.carryTo === undefined) continue;
    const to = carryTargets(turn.state, worker);
    if (to.length === 0 || isSame(to, worker)) continue;
    turn.putWorker({ ...worker, carryTo: to });
    turn.emit({ type: "carry", worker: worker.id, to });
  }
}

function isSame(to: readonly number[], { carryTo = [] }: Worker): boolean {
  return to.length === carryTo.length && to.every((worker) => carryTo.includes(worker));
}
