// Changes of a worker's part in an accept group.

import { isRefused } from "../predicates.ts";
import { LINGER_MS, QUIET_MS } from "../settings.ts";
import type { Listener, State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** How long a quiet listener serves its queue, in milliseconds. */
export function quietMs(state: State): number {
  return isRefused(state) ? QUIET_MS : LINGER_MS;
}

/** Makes the worker release a listener. @param until what the listener is until then */
export function releaseListener(turn: Turn, id: number, address: string, until: Listener): void {
  turn.putListener(id, address, until);
  turn.emit({ type: "release-listener", worker: id, address });
}

/** Gives the bind lock back. */
export function releaseBindLock(turn: Turn, worker: number): void {
  if (turn.state.bindLock?.worker === worker) turn.set({ bindLock: undefined });
}
