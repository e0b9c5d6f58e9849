// In a canary, clients that keep their connections are shared out as well: the workers of both
// generations let go of each connection about once a second, and its client's next one goes where
// the shares send it. Otherwise a proxy that keeps its connections would never see the new
// generation, or nothing else any more.

import { canaryOf } from "../predicates.ts";
import type { Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Tells workers that a canary has begun or ended for them. Those that leave let go anyway. */
export function spreadClients(turn: Turn): void {
  const canary = canaryOf(turn.state);
  const { serving } = turn.state;
  const isIn = ({ generation }: Worker): boolean =>
    generation === canary?.generation || generation === serving;
  for (const worker of turn.state.workers.values()) {
    const isReady = worker.phase.name === "ready";
    const wants = canary !== undefined && isReady && isIn(worker);
    if (wants === (worker.isSpreading === true)) continue;
    const { isSpreading: _, ...rest } = worker;
    turn.putWorker(wants ? { ...rest, isSpreading: true } : rest);
    if (isReady) turn.emit({ type: "spread", worker: worker.id, isOn: wants });
  }
}
