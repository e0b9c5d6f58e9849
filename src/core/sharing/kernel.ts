// Where the kernel shares an address among the listeners of all workers, and sends each connection
// where a program says: it steers. Where it refuses programs, as in a sandbox, reloads take the
// careful path: listeners are made quiet, linger, and are released one by one.

import { message } from "../messages.ts";
import { releaseListener } from "../moves/listeners.ts";
import { steerGroups } from "../moves/programs.ts";
import {
  addressesOf,
  groupsAreFrozen,
  hasServer,
  isRefused,
  isSteered,
  isShuttingDown,
  keptGeneration,
  servingGeneration,
  takesConnections,
} from "../predicates.ts";
import { QUIET_MS } from "../settings.ts";
import type { State } from "../state.ts";
import type { Turn } from "../turn.ts";
import type { Sharing } from "./sharing.ts";

/**
 * Without steering there is no program: reloads take the careful path from now on. A program that
 * was put in force before is taken off, as it would name the wrong listeners after the next change.
 */
export function onSteeringRefused(turn: Turn, reason: string): void {
  if (!isSteered(turn.state)) return;
  turn.log("warn", "steering-refused", message.steeringRefused(reason), { reason });
  turn.set({ sharing: { name: "kernel", steering: "refused" } });
  for (const [address, group] of turn.state.groups) {
    if (group.program === undefined) continue;
    turn.putGroup(address, { ...group, program: undefined });
    turn.emit({ type: "steer", address, program: undefined });
  }
}

/**
 * What the kernel refuses for a moment, as for want of memory, it may take later: it is asked again
 * at each reload, while every member of its groups takes connections, so that the question changes
 * nothing.
 */
function askForSteering(turn: Turn): void {
  const { state } = turn;
  if (!isRefused(state) || !hasServer(state) || groupsAreFrozen(state)) return;
  const takes = (id: number): boolean => {
    const worker = state.workers.get(id);
    return worker !== undefined && takesConnections(state, worker);
  };
  const groups = [...state.groups];
  if (!groups.every(([, { members }]) => members.every(takes))) return;
  for (const [address, { members }] of groups.slice(0, 1)) {
    turn.emit({ type: "probe-steering", address, program: [...members.keys()] });
  }
}

/** Programs are put in force again from now on, where any are called for. */
export function onSteeringWorks(turn: Turn): void {
  if (!isRefused(turn.state)) return;
  turn.log("info", "steering-works", message.steeringWorks);
  turn.set({ sharing: { name: "kernel", steering: "kernel" } });
}

/**
 * Whether somebody else can be given the connections that would come to a listener on `address`.
 */
function canSteerAway(state: State, address: string): boolean {
  if (isRefused(state) || isShuttingDown(state)) return false;
  const serving = servingGeneration(state);
  const addresses = serving === undefined ? [] : addressesOf(state, serving.number);
  return addresses.length === 0 || addresses.includes(address);
}

/**
 * Has the listeners of draining workers leave one step at a time, where nobody can be steered to,
 * or nothing is steered. Not while a successor has listeners in the groups as well.
 */
function moveListeners(turn: Turn): void {
  if (groupsAreFrozen(turn.state)) return;
  for (const worker of turn.state.workers.values()) {
    const isDraining = worker.phase.name === "draining";
    // Nobody accepts from the listener of one that has been told to end: it must take no more
    // either.
    if (!isDraining && worker.phase.name !== "stopping") continue;
    for (const [address, listener] of worker.listeners) {
      if (listener.name === "open" && !canSteerAway(turn.state, address)) {
        turn.putListener(worker.id, address, { name: "quiet", releaseAtMs: turn.now + QUIET_MS });
        turn.emit({ type: "quiet-listener", worker: worker.id, address });
      } else if (isDraining && listener.name === "quiet" && turn.now >= listener.releaseAtMs) {
        releaseListener(turn, worker.id, address, { name: "releasing" });
      }
    }
  }
}

/** When quiet listeners can be released: all that they had queued has been accepted by then. */
function deadlines({ workers }: State): number[] {
  const draining = [...workers.values()].filter(({ phase }) => phase.name === "draining");
  return draining.flatMap(({ listeners }) =>
    [...listeners.values()].flatMap((it) => (it.name === "quiet" ? [it.releaseAtMs] : [])),
  );
}

export const kernel: Sharing = {
  oneWorkerOnly: undefined,
  oneServerOnly: undefined,
  bindsAgain: false,
  addresses: (state) => (state.serving === undefined ? [] : addressesOf(state, state.serving)),
  generationToFill: keptGeneration,
  nextToBind: ({ workers }) =>
    [...workers.values()].find(
      ({ phase, listeners }) => phase.name === "binding" && listeners.size === 0,
    ),
  isAwaited: () => false,
  onRolloutBegins: askForSteering,
  // With the programs pinned before, no connection comes to the new listener.
  onBindGranted: steerGroups,
  onBindFailed: () => false,
  moveListeners,
  settle: steerGroups,
  deadlines,
  // What has to be done to listeners then, `moveListeners` does.
  expire: () => undefined,
};
