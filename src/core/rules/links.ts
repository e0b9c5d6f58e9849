// Links: sockets by which workers speak to each other, past the master. If the settings of one of
// two workers have a use for it, they get one: so old workers hand WebSockets over to new ones, and
// what is published reaches those of all generations. A worker gets its links to those that serve,
// or are about to, when it has loaded its app, before it listens: so its first client misses
// nothing. Each pair has one link, whoever of the two was first.
//
// Workers of another master have none: their descriptors are not this one's to send.

import { sharingOf } from "../sharing/sharing-of.ts";
import { wantsLinks } from "../settings.ts";
import type { Phase, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Links those that have loaded their app. */
export function linkWorkers(turn: Turn): void {
  if (!sharingOf(turn.state).hasLinks || !isAnyWanted(turn.state)) return;
  for (const worker of turn.state.workers.values()) {
    if (!isToBeLinked(turn.state, worker)) continue;
    const peers = peersOf(turn.state, worker);
    turn.putWorker({ ...worker, isLinked: true });
    if (peers.length > 0) turn.emit({ type: "link", worker: worker.id, peers });
  }
}

function isAnyWanted({ generations }: State): boolean {
  return [...generations.values()].some(({ settings }) => wantsLinks(settings.websocket));
}

function isToBeLinked(state: State, worker: Worker): boolean {
  const { name } = worker.phase;
  return (
    (name === "binding" || name === "ready" || name === "standby") &&
    worker.isLinked !== true &&
    !isForeign(state, worker)
  );
}

/** One that is yet to be linked itself gets its link to this one then. */
function peersOf(state: State, worker: Worker): number[] {
  return [...state.workers.values()]
    .filter((peer) => peer.id !== worker.id && isThere(peer.phase) && !isForeign(state, peer))
    .filter((peer) => !isToBeLinked(state, peer) && (wants(state, worker) || wants(state, peer)))
    .map(({ id }) => id);
}

function isForeign({ generations }: State, { generation }: Worker): boolean {
  return generations.get(generation)?.isForeign === true;
}

function wants({ generations }: State, { generation }: Worker): boolean {
  return wantsLinks(generations.get(generation)?.settings.websocket);
}

/** Whether it serves, is about to, or finishes what it has. */
function isThere(phase: Phase): boolean {
  if (phase.name === "draining") return phase.hasServed === true;
  return phase.name === "binding" || phase.name === "ready" || phase.name === "standby";
}
