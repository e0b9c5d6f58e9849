// A connection that moves to this worker: the app is asked by the upgrade request of its client.
import type { Client } from "../requests/client.ts";

export interface Asked {
  readonly client: Client;
  /**
   * Bun has opened it, and the app is to hear of that. Returns the old `data`, as far as it could
   * be copied.
   */
  readonly opened: (socket: Bun.ServerWebSocket<unknown>) => unknown;
}
