// Where the last connections of a stop go when the kernel does not let a listener drop new
// handshakes. Such a listener takes new connections until it is closed, and those that have not
// been accepted by then are reset. While other workers serve, new connections are steered to them.
// At a stop no worker serves, so the whole group is diverted: new connections go nowhere.
// net/diversion.ts explains how.

import { quietUntilMs } from "../moves/listeners.ts";
import { groupsAreFrozen, hasServer, isStopping, isSteered } from "../predicates.ts";
import type { AcceptGroup, State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** The kernel does not let a listener drop new handshakes, so its group must be diverted. */
export function onQuietRefused(turn: Turn, id: number, address: string): void {
  const group = turn.state.groups.get(address);
  if (group === undefined || group.diversion !== undefined || !group.members.includes(id)) return;
  turn.putGroup(address, { ...group, diversion: "called-for" });
}

/**
 * Diverts the groups in which no worker should take new connections any more. It waits for a bind
 * in progress: that listener joins the group, and the diversion relies on the order. During a stop
 * no other listener joins such a group.
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

/** The worker takes new connections there. An orphan stops taking them by its own decision. */
function isOpen({ workers }: State, id: number, address: string): boolean {
  const worker = workers.get(id);
  const isOrphan = worker?.phase.name === "orphaned";
  return worker?.listeners.get(address)?.name === "open" && !isOrphan;
}

/** Before the diversion, the workers get time to serve what has come to their listeners. */
function divert(turn: Turn, address: string, group: AcceptGroup): void {
  turn.putGroup(address, { ...group, program: undefined, diversion: "in-force" });
  turn.emit({ type: "divert", address, listeners: group.members.length });
  for (const id of group.members) {
    const listener = turn.state.workers.get(id)?.listeners.get(address);
    if (listener?.name !== "quiet") continue;
    turn.putListener(id, address, { ...listener, releaseAtMs: quietUntilMs(turn) });
  }
}

/** The group is steered to all its listeners, which is the same as having no program. */
export function onDivertRefused(turn: Turn, address: string): void {
  const group = turn.state.groups.get(address);
  if (group?.diversion !== "in-force") return;
  turn.putGroup(address, { ...group, diversion: "refused" });
  turn.emit({ type: "steer", address, program: undefined });
}
