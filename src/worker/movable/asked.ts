// A connection that moves to this worker: the app is asked by the upgrade request of its client.
import type { Client } from "../requests/client.ts";

export interface Asked {
  readonly client: Client;
  /** Bun has opened it. @param start calls the app's handler, when that may send */
  readonly opened: (socket: Bun.ServerWebSocket<unknown>, start: Start) => void;
}

/** @param previous the old `data`, as far as it could be copied */
export type Start = (previous: unknown) => unknown;
