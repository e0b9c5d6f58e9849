// The listeners of workers: who binds next, and when a listener is closed that nobody accepts from.
// How they leave before that, and who gets new connections, is in ../sharing.

import { append, planClose } from "../moves/accept-group.ts";
import { releaseBindLock } from "../moves/listeners.ts";
import { takersIn } from "../moves/programs.ts";
import {
  groupsAreFrozen,
  hasServer,
  isAlive,
  isInGap,
  isSteered,
  takesConnections,
} from "../predicates.ts";
import { BIND_TIMEOUT_MS } from "../settings.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { AcceptGroup, Listener, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Gives the bind lock to the next worker that waits for it. */
export function grantBind(turn: Turn): void {
  if (turn.state.bindLock !== undefined || groupsAreFrozen(turn.state)) return;
  const sharing = sharingOf(turn.state);
  const next = sharing.nextToBind(turn.state, turn.now);
  if (next === undefined) return;
  turn.set({ bindLock: { worker: next.id, deadlineMs: turn.now + BIND_TIMEOUT_MS } });
  sharing.onBindGranted(turn, next);
  turn.emit({ type: "bind", worker: next.id });
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

export function onListenerReleased(turn: Turn, worker: Worker, address: string): void {
  if (worker.listeners.has(address)) turn.putListener(worker.id, address, { name: "released" });
}

/**
 * Closes the listeners that nobody accepts from any more, and forgets workers that have ended.
 * Waits while a listener is being added, or another master relies on the order, so that the order
 * of the kernel's array stays known.
 */
export function closeListeners(turn: Turn): void {
  keepBridges(turn);
  if (turn.state.bindLock !== undefined || groupsAreFrozen(turn.state)) return;
  for (const worker of turn.state.workers.values()) {
    const { id, phase } = worker;
    const isGone = !isAlive(worker);
    const hasDrained = phase.name === "exited" && phase.hasDrained === true;
    const mayStay = hasDrained && mayBeLeft(turn.state);
    for (const [address, { name }] of worker.listeners) {
      const isOver = name === "released" || (isGone && !mayStay);
      if (isOver && !bridgesGap(turn.state, id, address)) closeListener(turn, id, address);
    }
    if (isGone) turn.forgetWorker(id);
  }
  for (const [address, { members }] of turn.state.groups) {
    for (const id of members) {
      if (!turn.state.workers.has(id)) closeLeftover(turn, id, address);
    }
  }
}

/**
 * Closes a listener that a worker has left behind after its drain, unless that could drop a
 * handshake. Its queue is empty and nothing is steered to it, so it may stay: until another one is
 * added, at the next reload at the latest, or until no other one is left behind.
 */
function closeLeftover(turn: Turn, worker: number, address: string): void {
  // Until then they are the predecessor's.
  if (!hasServer(turn.state) || bridgesGap(turn.state, worker, address)) return;
  const { members, diversion } = groupOf(turn.state, address);
  const { drops } = planClose(members, worker, takersIn(turn.state, address));
  const mayStay = mayBeLeft(turn.state) && diversion !== "in-force";
  if (!drops || !mayStay) closeListener(turn, worker, address);
}

/**
 * One listener of each address, which drops new handshakes, stays in the gap between two
 * generations: a client whose handshake is dropped repeats it a second later, and two and four
 * seconds after that. Without a listener it would be refused; and with those of the next generation
 * alone, it would come to a version that is not warm, or has not been looked at. Not where the
 * kernel lets nothing be dropped: then it would take connections that nobody accepts.
 */
function keepBridges(turn: Turn): void {
  for (const [address, group] of turn.state.groups) {
    const bridge = bridgeOf(turn.state, address, group);
    if (bridge !== group.bridge) turn.putGroup(address, { ...group, bridge });
  }
}

function bridgeOf(
  state: State,
  address: string,
  { members, diversion, bridge }: AcceptGroup,
): number | undefined {
  if (!isInGap(state) || !isSteered(state) || diversion !== undefined) return undefined;
  const workers = members.map((id) => state.workers.get(id));
  if (workers.some((it) => it !== undefined && takesConnections(state, it))) return undefined;
  if (bridge !== undefined && members.includes(bridge)) return bridge;
  const isQuiet = (it: Worker | undefined): boolean =>
    QUIET.has(it?.listeners.get(address)?.name ?? "open");
  return workers.find(isQuiet)?.id;
}

/** They drop new handshakes. */
const QUIET: ReadonlySet<Listener["name"]> = new Set(["quiet", "releasing", "released"]);

function bridgesGap(state: State, worker: number, address: string): boolean {
  return groupOf(state, address).bridge === worker;
}

/** A successor is offered the listeners of workers, and no others. */
function mayBeLeft(state: State): boolean {
  return isSteered(state) && state.succession.name === "none";
}

function closeListener(turn: Turn, id: number, address: string): void {
  const worker = turn.state.workers.get(id);
  const group = groupOf(turn.state, address);
  const plan = planClose(group.members, id, takersIn(turn.state, address));
  const keepsProgram = !hasServer(turn.state) || group.diversion === "in-force";
  const steered = isSteered(turn.state) && !keepsProgram;
  const during = steered ? plan.during : undefined;
  const after = steered ? plan.after : undefined;
  if (worker !== undefined) {
    const listeners = new Map(worker.listeners);
    listeners.delete(address);
    turn.putWorker({ ...worker, listeners });
  }
  const program = keepsProgram ? group.program : after;
  const bridge = group.bridge === id ? undefined : group.bridge;
  turn.putGroup(address, { ...group, members: plan.members, program, bridge });
  const close = { type: "close-listener", worker: id, address, during, after } as const;
  turn.emit(keepsProgram ? { ...close, keepsProgram } : close);
}

function groupOf({ groups }: State, address: string): AcceptGroup {
  const group = groups.get(address);
  if (group === undefined) throw new Error(`no accept group for ${address}`);
  return group;
}
