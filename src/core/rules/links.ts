// Links: sockets by which workers speak to each other, past the master. When a worker becomes ready
// whose settings have a use for them, it gets one to each worker that has served by then, of every
// generation: old ones hand WebSockets over to new ones, and what is published reaches those of
// all. So each pair has one link, whoever of the two was first.
//
// Workers of another master have none: their descriptors are not this one's to send.

import { sharingOf } from "../sharing/sharing-of.ts";
import { wantsLinks } from "../settings.ts";
import type { Phase, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Links those that have become ready. */
export function linkWorkers(turn: Turn): void {
  if (!sharingOf(turn.state).hasLinks) return;
  for (const worker of turn.state.workers.values()) {
    if (!isToBeLinked(turn.state, worker)) continue;
    const peers = peersOf(turn.state, worker);
    turn.putWorker({ ...worker, isLinked: true });
    if (peers.length > 0) turn.emit({ type: "link", worker: worker.id, peers });
  }
}

function isToBeLinked({ generations }: State, worker: Worker): boolean {
  const generation = generations.get(worker.generation);
  if (worker.phase.name !== "ready" || worker.isLinked === true) return false;
  return generation?.isForeign !== true && wantsLinks(generation?.settings.websocket);
}

/** One that is yet to be linked itself gets its link to this one then. */
function peersOf(state: State, { id }: Worker): number[] {
  return [...state.workers.values()]
    .filter((it) => it.id !== id && canBeLinked(state, it) && !isToBeLinked(state, it))
    .map((it) => it.id);
}

function canBeLinked({ generations }: State, { generation, phase }: Worker): boolean {
  return hasServed(phase) && generations.get(generation)?.isForeign !== true;
}

/** Whether it serves, or finishes what it has. */
function hasServed(phase: Phase): boolean {
  if (phase.name === "draining") return phase.hasServed === true;
  return phase.name === "ready" || phase.name === "standby";
}
