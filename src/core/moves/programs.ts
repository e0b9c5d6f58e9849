// Which listeners of each accept group get new connections, and how many of them, as a program for
// the kernel.
//
// The program of a group is a function of the state, computed after every event. It names the
// workers that take connections whenever other workers are in the group too, or are about to join,
// and only those of them that get on and have room for more. In a canary it gives the workers of
// the new generation their share. With affinity, it names the worker of each slot.

import {
  canaryOf,
  groupsAreFrozen,
  hasServer,
  isSteered,
  takesConnections,
} from "../predicates.ts";
import type { State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { programFor, sameProgram, type Takers } from "./accept-group.ts";

/** All new connections, in parts that are whole numbers. */
const WHOLE = 1_000_000;

/**
 * Tells who is live in the group of `address`: the workers that should take connections. If none of
 * them is left there, those in standby, then those of the generation that serves which are about to
 * be ready, because their code is known; then those of a generation that does not serve yet, and
 * then the draining ones. As long as somebody can answer, never steer to an empty set, nor to a
 * worker that has ended.
 */
function liveIn(state: State, address: string): readonly Worker[] {
  const taking: Worker[] = [];
  const standby: Worker[] = [];
  const known: Worker[] = [];
  const ready: Worker[] = [];
  const draining: Worker[] = [];
  for (const id of state.groups.get(address)?.members ?? []) {
    const worker = state.workers.get(id);
    if (worker === undefined) continue;
    const { name } = worker.phase;
    const isOpen = worker.listeners.get(address)?.name === "open";
    if (takesConnections(state, worker)) taking.push(worker);
    else if (name === "standby") standby.push(worker);
    else if (name === "binding" && worker.generation === state.serving) known.push(worker);
    else if (name === "ready") ready.push(worker);
    else if (name === "draining" && isOpen) draining.push(worker);
  }
  return [taking, standby, known, ready, draining].find(({ length }) => length > 0) ?? [];
}

/**
 * Of those, the ones that get on, and of these the ones that have room for more connections. If
 * there are none: all of them. A client that stays with its worker waits for it, because what that
 * worker keeps for it, such as its session, is nowhere else.
 */
function roomyIn(state: State, address: string): readonly Worker[] {
  const live = liveIn(state, address);
  const awake = state.settings.affinity === "client" ? live : ifAny(live, isAwake);
  return ifAny(awake, ({ isFull }) => isFull !== true);
}

const isAwake = ({ isStalled }: Worker): boolean => isStalled !== true;

function ifAny(workers: readonly Worker[], wanted: (it: Worker) => boolean): readonly Worker[] {
  const found = workers.filter(wanted);
  return found.length > 0 ? found : workers;
}

/** Who is to get the new connections that come to `address`. */
export function takersIn(state: State, address: string): Takers {
  const bridge = state.groups.get(address)?.bridge;
  if (bridge !== undefined) return { parts: [{ weight: 1, workers: [bridge] }] };
  const canary = canaryOf(state);
  const isCanary = ({ generation }: Worker): boolean => generation === canary?.generation;
  const found = roomyIn(state, address);
  // A canary that stands still gets no share while the old generation gets on, with affinity too.
  const isLost = !found.filter(isCanary).some(isAwake) && found.some(isAwake);
  const taking = isLost ? found.filter((worker) => !isCanary(worker)) : found;
  const inCanary = taking.filter(isCanary);
  const others = taking.filter((worker) => !isCanary(worker));
  const isSplit = canary !== undefined && inCanary.length > 0 && others.length > 0;
  const weight = isSplit ? Math.round(canary.share * WHOLE) : 0;
  const shares = isSplit
    ? [
        { weight: WHOLE - weight, workers: others },
        { weight, workers: inCanary },
      ]
    : [{ weight: 1, workers: taking }];
  const isByClient = state.settings.affinity === "client";
  const parts = shares
    .filter((share) => share.weight > 0 && share.workers.length > 0)
    .map((share) => ({
      weight: share.weight,
      workers: isByClient ? bySlot(state, share.workers) : share.workers.map(({ id }) => id),
    }));
  return isByClient ? { by: "client", parts } : { parts };
}

/**
 * The worker of each slot. Where two have the same one, it is the newer; the other takes a slot
 * that has none, as happens while workers are replaced one after another.
 */
function bySlot(state: State, workers: readonly Worker[]): (number | undefined)[] {
  const targets = workers.map(({ generation }) => state.generations.get(generation)?.target ?? 0);
  const size = Math.max(...targets, ...workers.map(({ slot }) => slot + 1));
  const slots: (number | undefined)[] = Array.from({ length: size }, () => undefined);
  const rest: number[] = [];
  for (const { id, slot } of workers.toSorted((a, b) => b.id - a.id)) {
    if (slots[slot] === undefined) slots[slot] = id;
    else rest.push(id);
  }
  return slots.map((id) => id ?? rest.shift());
}

/**
 * Brings the program of every group in line with the state. If no worker of ours is left in a group
 * in which another master has listeners too, the program stays as it is: without one those
 * listeners would get connections.
 */
export function steerGroups(turn: Turn): void {
  if (!isSteered(turn.state) || !hasServer(turn.state)) return;
  const isShared = groupsAreFrozen(turn.state);
  const pinned = turn.state.bindLock !== undefined || isShared;
  for (const [address, group] of turn.state.groups) {
    if (group.diversion === "in-force") continue;
    const program = programFor(group.members, takersIn(turn.state, address), pinned);
    const isInForce = group.program !== "unknown" && sameProgram(program, group.program);
    if (isInForce || (isShared && program === undefined)) continue;
    turn.putGroup(address, { ...group, program });
    turn.emit({ type: "steer", address, program });
  }
}
