// A worker's part in an accept group changes.

import type { Listener } from "../state.ts";
import type { Turn } from "../turn.ts";

export function setListener(turn: Turn, id: number, address: string, listener: Listener): void {
  const worker = turn.worker(id);
  turn.putWorker({ ...worker, listeners: new Map(worker.listeners).set(address, listener) });
}

/** Has the worker let go of a listener. @param until what the listener is until it has */
export function releaseListener(turn: Turn, id: number, address: string, until: Listener): void {
  setListener(turn, id, address, until);
  turn.emit({ type: "release-listener", worker: id, address });
}

/** Gives the bind lock back. */
export function releaseBindLock(turn: Turn, worker: number): void {
  if (turn.state.bindLock?.worker === worker) turn.set({ bindLock: undefined });
}
