// Which listeners of each accept group get new connections, as a program for the kernel.
//
// The program of a group is a function of the state, computed after every event. It names the ready
// workers of the serving generation whenever other workers are in the group too, or are about to
// join, and only those of them that have room for more connections.

import { groupsAreFrozen, hasServer, isSteered, keptGeneration } from "../predicates.ts";
import type { State } from "../state.ts";
import type { Turn } from "../turn.ts";
import { programFor, sameProgram } from "./accept-group.ts";

/**
 * Tells who is live in the group of `address`: the ready workers of the serving generation. If none
 * of them is left there, those of the next one, and then the draining ones. As long as somebody can
 * answer, never steer to an empty set, nor to a worker that has ended.
 */
export function liveIn(state: State, address: string): (id: number) => boolean {
  const kept = keptGeneration(state)?.number;
  const serving: number[] = [];
  const ready: number[] = [];
  const draining: number[] = [];
  for (const id of state.groups.get(address)?.members ?? []) {
    const worker = state.workers.get(id);
    const phase = worker?.phase.name;
    const isOpen = worker?.listeners.get(address)?.name === "open";
    if (phase === "ready" && worker?.generation === kept) serving.push(id);
    else if (phase === "ready") ready.push(id);
    else if (phase === "draining" && isOpen) draining.push(id);
  }
  const live = [serving, ready, draining].find(({ length }) => length > 0) ?? [];
  return (id) => live.includes(id);
}

/** Of those, the ones that have room for more connections. If none has: all of them. */
function roomyIn(state: State, address: string): (id: number) => boolean {
  const isLive = liveIn(state, address);
  const isRoomy = (id: number): boolean => isLive(id) && state.workers.get(id)?.isFull !== true;
  const members = state.groups.get(address)?.members ?? [];
  return members.some(isRoomy) ? isRoomy : isLive;
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
    const program = programFor(group.members, roomyIn(turn.state, address), pinned);
    const isInForce = group.program !== "unknown" && sameProgram(program, group.program);
    if (isInForce || (isShared && program === undefined)) continue;
    turn.putGroup(address, { ...group, program });
    turn.emit({ type: "steer", address, program });
  }
}
