// A WebSocket that is to leave this worker.
import type { Link } from "../links/link.ts";
import type { OfferHeader } from "../movable/messages.ts";
import type { Outer } from "../movable/outer.ts";

type Socket = Bun.ServerWebSocket<unknown>;

export interface Leaver {
  readonly id: number;
  readonly socket: Socket;
  /** See `connectionKey`. */
  readonly key: string;
  /** Undefined: not found yet. */
  fd: number | undefined;
  /** Why it could not leave when it was last looked at, in words; undefined: it could. */
  hindrance: string | undefined;
  /** Another connection has the same key: nobody can tell which of them this is. */
  hasTwin: boolean;
  /** Which socket that is: its number may be another one's by the next look. */
  cookie: bigint;
  /** Where Bun keeps what it knows of the connection. */
  memory: number;
  /** Our descriptor of it, once Bun has none. */
  copy: number | undefined;
  /** The link to its new owner. */
  link: Link | undefined;
  /** What the app sees of it, once Bun has none; undefined: Bun's own. */
  outer: Outer | undefined;
  /** What its new owner was offered, for another one. */
  offer: Offer | undefined;
}

export interface Offer {
  readonly header: Omit<OfferHeader, "descriptor">;
  readonly data: Uint8Array;
}

/** One that Bun serves here, and whose descriptor is not known. */
export function leaverOf(id: number, socket: Socket, key: string): Leaver {
  return {
    id,
    socket,
    key,
    fd: undefined,
    hindrance: undefined,
    hasTwin: false,
    cookie: 0n,
    memory: 0,
    copy: undefined,
    link: undefined,
    outer: undefined,
    offer: undefined,
  };
}
