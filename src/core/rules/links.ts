// Links: sockets by which workers speak to each other, past the master. A worker whose settings
// have a use for them gets one to each worker that serves, or is about to, of every generation: old
// ones hand WebSockets over to new ones, and what is published reaches those of all. It gets them
// when it has loaded its app, before it listens: so its first client misses nothing. Each pair has
// one link, whoever of the two was first.
//
// Workers of another master have none: their descriptors are not this one's to send.

import { sharingOf } from "../sharing/sharing-of.ts";
import { wantsLinks } from "../settings.ts";
import type { Phase, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Links those that have loaded their app. */
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
  const { name } = worker.phase;
  if ((name !== "binding" && name !== "ready") || worker.isLinked === true) return false;
  return generation?.isForeign !== true && wantsLinks(generation?.settings.websocket);
}

/** One that is yet to be linked itself gets its link to this one then. */
function peersOf(state: State, { id }: Worker): number[] {
  return [...state.workers.values()]
    .filter((it) => it.id !== id && canBeLinked(state, it) && !isToBeLinked(state, it))
    .map((it) => it.id);
}

function canBeLinked({ generations }: State, { generation, phase }: Worker): boolean {
  return isThere(phase) && generations.get(generation)?.isForeign !== true;
}

/** Whether it serves, is about to, or finishes what it has. */
function isThere(phase: Phase): boolean {
  if (phase.name === "draining") return phase.hasServed === true;
  return phase.name === "binding" || phase.name === "ready" || phase.name === "standby";
}
