// A connection that moves to this worker: the app is asked by the upgrade request of its client.
import type { Client } from "../requests/client.ts";
import type { Outer } from "./outer.ts";

export interface Asked {
  readonly client: Client;
  /**
   * Bun has opened it, and the app is to hear of that. Returns the old `data`, as far as it could
   * be copied. @param outer left out: the app sees the WebSocket of Bun itself
   */
  readonly opened: (socket: Bun.ServerWebSocket<unknown>, outer?: Outer) => unknown;
  /** The app has thrown this when it heard of that. */
  readonly threw: (error: unknown) => void;
}

/** What the request with such a token is for; undefined: nothing. It is known only once. */
export type AskedBy = (token: string | null | undefined) => Asked | undefined;
