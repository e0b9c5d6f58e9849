// The leader: the one worker in which an app does what is to be done once, such as timers and
// queues. It is a ready worker of the generation that serves, and stays the leader as long as it is
// that. Two never lead at the same time.
//
// A worker leads by a lease, which it asks to be renewed while its loop turns. When another one is
// to lead, it is told to resign, and says when it has. If it does not say so, its lease is waited
// for: a worker can tell from the clock alone that it leads no more, even if its loop is blocked.
// So nothing depends on what has become of it. Whoever has let a lease run out does not lead again
// until it has said that it has resigned.
//
// Apps without hooks have no use for a leader, and their servers do without.

import { aboutWorker } from "../log-fields.ts";
import type { Leadership } from "../inventory.ts";
import { message } from "../messages.ts";
import {
  canaryOf,
  fillingGeneration,
  hasServer,
  isAlive,
  isStuck,
  rollingOf,
} from "../predicates.ts";
import { LEASE_MARGIN_MS, LEASE_MS } from "../settings.ts";
import type { Leader, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Lets the leader go if it is no longer to lead, and finds another one when that has happened. */
export function appointLeader(turn: Turn): void {
  if (!hasServer(turn.state)) return;
  const { leader } = turn.state;
  if (leader !== undefined) goOn(turn, leader);
  if (turn.state.leader === undefined) appoint(turn);
}

function goOn(turn: Turn, leader: Leader): void {
  const worker = leader.worker === undefined ? undefined : turn.state.workers.get(leader.worker);
  const hasEnded = worker === undefined || !isAlive(worker);
  if (leader.name === "leading" || leader.worker !== undefined) {
    if (hasEnded) return turn.set({ leader: undefined });
  }
  if (turn.now >= leader.freeAtMs) return endLease(turn, worker);
  if (leader.name === "leaving" || hasEnded || mayLead(turn.state, worker)) return;
  turn.emit({ type: "resign", worker: worker.id });
  turn.set({ leader: { ...leader, name: "leaving" } });
}

/** The lease has run out, and nothing was heard of the worker that had it. */
function endLease(turn: Turn, worker: Worker | undefined): void {
  turn.set({ leader: undefined });
  if (worker === undefined) return;
  turn.putWorker({ ...worker, isSilent: true });
  const words = message.leaseEnded(worker.id, worker.generation);
  turn.log("warn", "leader-silent", words, aboutWorker(worker));
}

function appoint(turn: Turn): void {
  const [worker] = [...turn.state.workers.values()]
    .filter((it) => it.isSilent !== true && mayLead(turn.state, it))
    .toSorted((a, b) => leavesSoon(a) - leavesSoon(b) || a.slot - b.slot || b.id - a.id);
  if (worker === undefined) return;
  turn.set({ leader: leadingFrom(turn, worker.id) });
  turn.emit({ type: "lead", worker: worker.id, untilMs: turn.now + LEASE_MS });
  const words = message.leads(worker.id, worker.generation);
  turn.log("debug", "worker-leads", words, aboutWorker(worker));
}

function leadingFrom({ now }: Turn, worker: number): Leader {
  return { name: "leading", worker, freeAtMs: now + LEASE_MS + LEASE_MARGIN_MS };
}

/** Whether a worker is about to be replaced, or may have to be. */
function leavesSoon({ phase, isStalled = false }: Worker): number {
  return isStalled || (phase.name === "ready" && phase.recycle === "wanted") ? 1 : 0;
}

function mayLead(state: State, worker: Worker): boolean {
  if (worker.wantsLead !== true || worker.phase.name !== "ready") return false;
  if (worker.generation === state.serving) return true;
  // Where none of the old workers gets on, one of a canary leads until one does.
  const isOfCanary = worker.generation === canaryOf(state)?.generation;
  if (isOfCanary && state.serving !== undefined && isStuck(state, state.serving)) return true;
  // Where the old workers go one by one, none may be left before the new ones take over.
  const isNew = rollingOf(state) && fillingGeneration(state)?.number === worker.generation;
  return isNew === true && state.serving !== undefined && !hasReady(state, state.serving);
}

function hasReady({ workers }: State, serving: number): boolean {
  return [...workers.values()].some(
    ({ generation, phase }) => generation === serving && phase.name === "ready",
  );
}

/** The leader lives, and asks for more time. One that is to leave, or has left, gets none. */
export function onLeaseWanted(turn: Turn, { id }: Worker): void {
  const { leader } = turn.state;
  if (leader?.name !== "leading" || leader.worker !== id || turn.now >= leader.freeAtMs) return;
  if (!hasServer(turn.state)) return;
  turn.set({ leader: leadingFrom(turn, id) });
  turn.emit({ type: "lease", worker: id, untilMs: turn.now + LEASE_MS });
}

/** It has stopped what it did as the leader. It may have done so because its lease had run out. */
export function onLeaderResigned(turn: Turn, { id }: Worker): void {
  const { isSilent: _, ...worker } = turn.worker(id);
  turn.putWorker(worker);
  if (turn.state.leader?.worker === id) turn.set({ leader: undefined });
}

/** What a successor has to know of the leader; `undefined`: there never was one. */
export function leadershipOf({ leader, workers }: State): Leadership | undefined {
  const silent = [...workers.values()].filter(({ isSilent }) => isSilent).map(({ id }) => id);
  if (leader?.worker === undefined) return silent.length === 0 ? undefined : { silent };
  return { leader: leader.worker, silent };
}

/** The predecessor has appointed nobody since: its leader, if there is one, has a lease at most. */
export function takeLeadership(turn: Turn, { leader, silent }: Leadership): void {
  for (const id of silent) {
    const worker = turn.state.workers.get(id);
    if (worker !== undefined) turn.putWorker({ ...worker, isSilent: true });
  }
  if (leader !== undefined) turn.set({ leader: leadingFrom(turn, leader) });
}

/** Another master has died, and what its workers do is not known: one of them may have a lease. */
export function awaitLease(turn: Turn, workers: readonly Worker[]): void {
  if (!workers.some(({ wantsLead }) => wantsLead)) return;
  const freeAtMs = turn.now + LEASE_MS + LEASE_MARGIN_MS;
  turn.set({ leader: { name: "leaving", worker: undefined, freeAtMs } });
}

/** When the leader's lease has to be looked at. */
export function leaseEnds(state: State): number[] {
  return state.leader === undefined || !hasServer(state) ? [] : [state.leader.freeAtMs];
}
