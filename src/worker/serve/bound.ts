// A server of Bun, with the listening socket that it accepts from. With new certificates it is
// another server, under another descriptor (see renewal.ts); address and socket stay.
import type { Address } from "../../net/address.ts";
import type { InFlight } from "../requests/in-flight.ts";
import type { SharedListener } from "./shared-listener.ts";

export interface Bound {
  server: Bun.Server<unknown>;
  readonly address: Address;
  listener: number;
  /** Undefined: the listener is this worker's own. */
  shared: SharedListener | undefined;
  readonly inFlight: InFlight;
  released: boolean;
}

/**
 * Bun closes no idle connection, keep-alive.ts does: Bun's timer would end slow handlers and quiet
 * streams. On Unix sockets it could not even be put off: `server.timeout` does nothing there.
 */
export const NO_IDLE_TIMEOUT = 0;
