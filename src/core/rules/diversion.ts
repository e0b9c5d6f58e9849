// Where the last connections of a stop go, on a kernel that lets nobody drop new handshakes at a
// listener (see net/diversion.ts). Such a listener takes new connections until it is closed, and
// those that nobody has accepted by then are reset. As long as others serve they are steered to
// those; at a stop nobody is left, and the whole group is diverted: new connections go nowhere.

import { isSteered } from "../moves/programs.ts";
import { groupsAreFrozen, hasServer, isStopping } from "../predicates.ts";
import { QUIET_MS } from "../settings.ts";
import type { AcceptGroup, Listener, State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** A listener was to drop new handshakes, and does not. */
export function onQuietRefused(turn: Turn, id: number, address: string): void {
  const listener = turn.state.workers.get(id)?.listeners.get(address);
  if (listener?.name !== "quiet") return;
  turn.putListener(id, address, { ...listener, isRefused: true });
}

/**
 * Diverts every group in which nobody is to take new connections and somebody does. During a stop
 * no listener joins a group any more that others leave; only a bind that is under way is waited for.
 */
export function divertGroups(turn: Turn): void {
  const { state } = turn;
  if (!isStopping(state) || !isSteered(state) || !hasServer(state)) return;
  if (state.bindLock !== undefined || groupsAreFrozen(state)) return;
  for (const [address, group] of state.groups) {
    if (isToBeDiverted(state, address, group)) divert(turn, address, group);
  }
}

function isToBeDiverted(state: State, address: string, group: AcceptGroup): boolean {
  if (group.diversion !== undefined) return false;
  const listeners = group.members.map((id) => listenerOf(state, id, address));
  const areLeaving = listeners.every((listener) => listener?.name !== "open");
  return areLeaving && listeners.some((it) => it?.name === "quiet" && it.isRefused === true);
}

/** That of an orphan takes nothing new by itself. */
function listenerOf({ workers }: State, id: number, address: string): Listener | undefined {
  const worker = workers.get(id);
  return worker?.phase.name === "orphaned" ? undefined : worker?.listeners.get(address);
}

/** What has come to the listeners up to now is served before they are let go of. */
function divert(turn: Turn, address: string, group: AcceptGroup): void {
  turn.putGroup(address, { ...group, program: undefined, diversion: "in-force" });
  turn.emit({ type: "divert", address, listeners: group.members.length });
  for (const id of group.members) {
    const listener = turn.state.workers.get(id)?.listeners.get(address);
    if (listener?.name !== "quiet") continue;
    turn.putListener(id, address, { ...listener, releaseAtMs: turn.now + QUIET_MS });
  }
}

/** New connections go to every listener of the group, as without a program. */
export function onDivertRefused(turn: Turn, address: string): void {
  const group = turn.state.groups.get(address);
  if (group?.diversion !== "in-force") return;
  turn.putGroup(address, { ...group, diversion: "refused" });
  turn.emit({ type: "steer", address, program: undefined });
}
