// Lets the client of a socket.io session into its namespaces again, over the connection by which
// the app was asked: in the name of the client, which does not know of it. What is decided is in
// ../../core/carry/socket-io-entrance.ts.
import { ENGINE } from "../../core/carry/socket-io-packet.ts";
import { SocketIoEntrance } from "../../core/carry/socket-io-entrance.ts";
import type { SocketIoOffer } from "../../core/carry/socket-io-session.ts";
import { clientFrame, readServerFrame, type ServerFrame, serverText } from "./frames.ts";

const TEXT = 0x81;

export class Entrance {
  readonly #entrance: SocketIoEntrance;
  #unread: Buffer = Buffer.alloc(0);
  /** For the client: a ping at first, as it has waited for the next one for a while already. */
  readonly #passOn: Uint8Array[] = [serverText(ENGINE.ping)];

  constructor(offer: SocketIoOffer) {
    this.#entrance = new SocketIoEntrance(offer);
  }

  /**
   * The server has sent this. Returns all that is for the client, once it is in; or why it is not
   * let in; undefined: neither.
   * @param say tells the server; returns whether it could
   */
  take(
    bytes: Uint8Array,
    say: (bytes: Uint8Array) => boolean,
  ): { readonly passOn: Uint8Array } | { readonly why: string } | undefined {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    while (!this.#entrance.isIn) {
      const frame = readServerFrame(this.#unread);
      if (frame === undefined) return undefined;
      this.#unread = Buffer.from(frame.rest);
      const why = this.#hear(frame, say);
      if (why !== undefined) return { why };
    }
    return { passOn: Buffer.concat([...this.#passOn, this.#unread]) };
  }

  /** Returns why it is not let in. */
  #hear(
    { text, isBytes, bytes }: ServerFrame,
    say: (bytes: Uint8Array) => boolean,
  ): string | undefined {
    // Frames that are no messages are the client's as well.
    const then =
      text !== undefined || isBytes ? this.#entrance.said(text) : ({ type: "pass-on" } as const);
    switch (then.type) {
      case "pass-on":
        this.#passOn.push(bytes);
        return undefined;
      case "refuse":
        return then.why;
      case "say": {
        const frames = then.messages.map((message) => clientFrame(TEXT, Buffer.from(message)));
        return say(Buffer.concat(frames)) ? undefined : "its socket.io does not listen";
      }
      default:
        return then satisfies never;
    }
  }
}
