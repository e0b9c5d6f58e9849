// Who gets new connections: whether the kernel steers, the bind lock, and how listeners leave.

import { append, planClose } from "../moves/accept-group.ts";
import { liveIn, steerGroups } from "../moves/programs.ts";
import { message } from "../messages.ts";
import { letGo, limitTakeover, nextAlone } from "../sharing/solo.ts";
import {
  addressesOf,
  isAlive,
  groupsAreFrozen,
  hasServer,
  isShuttingDown,
  isUnshared,
  servingGeneration,
  takesConnections,
} from "../predicates.ts";
import { BIND_TIMEOUT_MS, QUIET_MS } from "../settings.ts";
import type { Listener, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/**
 * Without steering there is no program: reloads take the careful path from now on. A program that
 * was put in force before is taken off, as it would name the wrong listeners after the next change.
 */
export function onSteeringRefused(turn: Turn, reason: string): void {
  if (turn.state.steering !== "kernel") return;
  turn.log("warn", "steering-refused", message.steeringRefused(reason), { reason });
  turn.set({ steering: "refused" });
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
export function askForSteering(turn: Turn): void {
  const { state } = turn;
  if (state.steering !== "refused" || !hasServer(state) || groupsAreFrozen(state)) return;
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
  if (turn.state.steering !== "refused") return;
  turn.log("info", "steering-works", message.steeringWorks);
  turn.set({ steering: "kernel" });
}

/** Gives the bind lock to the next worker that waits for it, with the programs pinned before. */
export function grantBind(turn: Turn): void {
  if (turn.state.bindLock !== undefined || groupsAreFrozen(turn.state)) return;
  const next = isUnshared(turn.state)
    ? nextAlone(turn.state, turn.now)
    : [...turn.state.workers.values()].find(
        (worker) => worker.phase.name === "binding" && worker.listeners.size === 0,
      );
  if (next === undefined) return;
  limitTakeover(turn, next);
  turn.set({ bindLock: { worker: next.id, deadlineMs: turn.now + BIND_TIMEOUT_MS } });
  steerGroups(turn);
  turn.emit({ type: "bind", worker: next.id });
}

/** Gives the bind lock back. */
export function releaseBindLock(turn: Turn, worker: number): void {
  if (turn.state.bindLock?.worker === worker) turn.set({ bindLock: undefined });
}

export function onWorkerBound(turn: Turn, worker: Worker, addresses: readonly string[]): void {
  const listeners = new Map<string, Listener>();
  for (const address of addresses) {
    const group = turn.state.groups.get(address) ?? { members: [], program: undefined };
    turn.putGroup(address, { ...group, members: append(group.members, worker.id) });
    listeners.set(address, { name: "open" });
  }
  turn.putWorker({ ...worker, listeners });
  releaseBindLock(turn, worker.id);
}

/**
 * Whether somebody else can be given the connections that would come to a listener on `address`.
 */
function canSteerAway(state: State, address: string): boolean {
  if (state.steering === "refused" || isShuttingDown(state)) return false;
  const serving = servingGeneration(state);
  const addresses = serving === undefined ? [] : addressesOf(state, serving.number);
  return addresses.length === 0 || addresses.includes(address);
}

/**
 * Moves the listeners of draining workers on, where there is nobody to steer to, or no steering. At
 * a stop during a handover that waits for the new master to end: its listeners are in the groups as
 * well.
 */
export function quietListeners(turn: Turn): void {
  if (groupsAreFrozen(turn.state)) return;
  if (isUnshared(turn.state)) return letGo(turn);
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
        turn.putListener(worker.id, address, { name: "releasing" });
        turn.emit({ type: "release-listener", worker: worker.id, address });
      }
    }
  }
}

export function onListenerReleased(turn: Turn, worker: Worker, address: string): void {
  if (worker.listeners.has(address)) turn.putListener(worker.id, address, { name: "released" });
}

/**
 * Closes the listeners that nobody accepts from any more, and forgets workers that have none left.
 * While a listener is being added, or another master counts on the order, this waits, so that the
 * order of the kernel's array stays known.
 */
export function closeListeners(turn: Turn): void {
  if (turn.state.bindLock !== undefined || groupsAreFrozen(turn.state)) return;
  for (const { id } of turn.state.workers.values()) {
    for (const [address, listener] of turn.worker(id).listeners) {
      if (listener.name === "released" || !isAlive(turn.worker(id))) {
        closeListener(turn, turn.worker(id), address);
      }
    }
    if (!isAlive(turn.worker(id))) turn.forgetWorker(id);
  }
}

function closeListener(turn: Turn, worker: Worker, address: string): void {
  const listeners = new Map(worker.listeners);
  listeners.delete(address);
  const group = turn.state.groups.get(address);
  if (group === undefined) throw new Error(`no accept group for ${address}`);
  const plan = planClose(group.members, worker.id, liveIn(turn.state, address));
  const keepsProgram = !hasServer(turn.state) || group.diversion === "in-force";
  const steered = turn.state.steering === "kernel" && !keepsProgram;
  const during = steered ? plan.during : undefined;
  const after = steered ? plan.after : undefined;
  turn.putWorker({ ...worker, listeners });
  const program = keepsProgram ? group.program : after;
  turn.putGroup(address, { ...group, members: plan.members, program });
  const close = { type: "close-listener", worker: worker.id, address, during, after } as const;
  turn.emit(keepsProgram ? { ...close, keepsProgram } : close);
}
