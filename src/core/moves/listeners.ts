// Changes of a worker's part in an accept group.

import { isRefused } from "../predicates.ts";
import { LINGER_MS, QUIET_MS } from "../settings.ts";
import type { Listener } from "../state.ts";
import type { Turn } from "../turn.ts";

/**
 * Until when a listener that becomes quiet now serves its queue. Where the kernel has just refused
 * steering, that queue may lack silent connections which the kernel keeps back for a second.
 */
export function quietUntilMs({ state, now }: Turn): number {
  if (!isRefused(state)) return now + LINGER_MS;
  const { sharing } = state;
  const refusedAtMs = "refusedAtMs" in sharing ? sharing.refusedAtMs : -Infinity;
  return Math.max(now + QUIET_MS, refusedAtMs + LINGER_MS);
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
