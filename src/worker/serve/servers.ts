// What a worker asks of its servers. How they listen is elsewhere: in shared-servers.ts where
// workers share an address, in solo/servers.ts where one worker listens at a time.
import type { TcpAddress } from "../../net/address.ts";
import type { AppHandlers } from "./app-handlers.ts";

export interface Servers {
  readonly handlers: AppHandlers;
  /** Listens on one more address. Returns it with its real port. Throws. */
  bind(address: TcpAddress): { readonly address: TcpAddress };
  /** The addresses that it listens on, or has listened on. */
  readonly addresses: readonly string[];
  /** From now on responses are marked, over `paceMs`, including static and file routes. */
  markResponses(paceMs: number): void;
  /**
   * From now on responses are marked, over `PACE_MS`, though it may have to serve as before again;
   * or it does that.
   */
  standBy(isOn: boolean): void;
  /** From now on each connection is closed about once a second, or no longer. */
  spread(isOn: boolean): void;
  /** From now on new requests get 503. */
  refuseRequests(): void;
  /** How many connections there are, as far as that is known. */
  readonly connectionCount: number;
  /** How many connections are not idle, as far as that is known. */
  readonly busyCount: number;
  /** Closes listeners and idle connections; with `force`, all connections. */
  stop(force: boolean): void;
}
