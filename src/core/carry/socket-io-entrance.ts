// Lets the client of a socket.io session that moves into a new worker: what the new server says is
// looked at until the client is in all of its namespaces again. Nothing of it is lost: what a
// client need not know is left out, and it gets the rest.
import { ENGINE, members, readOpen, readPacket } from "./socket-io-packet.ts";
import type { SocketIoOffer } from "./socket-io-session.ts";

export type Entering =
  /** Not for the client: the server is to be told all of this. */
  | { readonly type: "say"; readonly messages: readonly string[] }
  | { readonly type: "pass-on" }
  /** It cannot go on here. */
  | { readonly type: "refuse"; readonly why: string };

export class SocketIoEntrance {
  readonly #closed = new Set<string>();
  #isOpen = false;

  constructor(readonly offer: SocketIoOffer) {}

  /** Whether it has been let in everywhere. */
  get isIn(): boolean {
    return this.#isOpen && this.#closed.size === 0;
  }

  /** The server has said this. @param message undefined: bytes */
  said(message: string | undefined): Entering {
    if (!this.#isOpen) return this.#open(message ?? "");
    const packet = message === undefined ? undefined : readPacket(message);
    if (packet?.kind === "connect-error") {
      const { message: why = "it gives no reason" } = members(packet.rest);
      return refuse(`socket.io does not let it into ${packet.namespace}: ${String(why)}`);
    }
    if (packet?.kind === "connect") this.#closed.delete(packet.namespace);
    return { type: "pass-on" };
  }

  /** The client has got such a message from its first server, and knows its session by it. */
  #open(message: string): Entering {
    const pings = message[0] === ENGINE.open ? readOpen(message) : undefined;
    if (pings === undefined) return refuse("it is not socket.io");
    const { connects, patienceMs } = this.offer;
    if (patienceMs !== undefined && pings.intervalMs >= patienceMs) {
      return refuse(`it pings each ${pings.intervalMs} ms, its client waits for ${patienceMs} ms`);
    }
    this.#isOpen = true;
    for (const connect of connects) {
      const packet = readPacket(connect);
      if (packet !== undefined) this.#closed.add(packet.namespace);
    }
    return { type: "say", messages: connects };
  }
}

function refuse(why: string): Entering {
  return { type: "refuse", why };
}
