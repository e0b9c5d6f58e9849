// Where the last connections of a stop go, on a kernel that lets nobody drop new handshakes at a
// listener (see net/diversion.ts). Such a listener takes new connections until it is closed, and
// those that nobody has accepted by then are reset. As long as others serve they are steered to
// those; at a stop nobody is left, and the whole group is diverted: new connections go nowhere.

import { isSteered } from "../moves/programs.ts";
import { groupsAreFrozen, hasServer, isStopping } from "../predicates.ts";
import { QUIET_MS } from "../settings.ts";
import type { AcceptGroup, State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** A listener was to drop new handshakes, and does not. */
export function onQuietRefused(turn: Turn, id: number, address: string): void {
  const group = turn.state.groups.get(address);
  if (group === undefined || group.diversion !== undefined || !group.members.includes(id)) return;
  turn.putGroup(address, { ...group, diversion: "called-for" });
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
    const takes = group.members.some((id) => isOpen(state, id, address));
    if (group.diversion === "called-for" && !takes) divert(turn, address, group);
  }
}

/** The worker takes new connections there. An orphan gives that up by itself. */
function isOpen({ workers }: State, id: number, address: string): boolean {
  const worker = workers.get(id);
  const isOrphan = worker?.phase.name === "orphaned";
  return worker?.listeners.get(address)?.name === "open" && !isOrphan;
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
