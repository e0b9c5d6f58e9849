// Sessions of socket.io on Bun's WebSockets: what is said in them is heard on its way, see
// ../../core/carry/socket-io-session.ts. Other WebSockets do not come here.
import { ENGINE } from "../../core/carry/socket-io-packet.ts";
import { type SocketIoOffer, SocketIoSession } from "../../core/carry/socket-io-session.ts";
import { ENGINE_IO, Polling, sessionOf } from "./polling.ts";

type Socket = Bun.ServerWebSocket<unknown>;

interface Held {
  session: SocketIoSession;
  /** It is still served over HTTP, under this id; undefined: it is not. */
  polls: string | undefined;
  /** Headers of its requests over HTTP, which are not those of its WebSocket, as lines. */
  headers: string;
  /** See `Kept.handshake`. */
  readonly handshake: string;
}

export class SocketIo {
  readonly polling = new Polling();
  readonly #held = new Map<Socket, Held>();

  /** A new one. @param url that it was asked for by */
  opened(socket: Socket, url: string, handshake: string): void {
    const session = new SocketIoSession();
    const held: Held = { session, polls: sessionOf(url), headers: "", handshake };
    this.#held.set(socket, held);
    const send = socket.send.bind(socket);
    const value: typeof send = (data, compress) => {
      this.said(socket, typeof data === "string" ? data : undefined);
      return send(data, compress);
    };
    Object.defineProperty(socket, "send", { configurable: true, writable: true, value });
  }

  /** The server has said something. @param message undefined: bytes */
  said(socket: Socket, message: string | undefined): void {
    this.#held.get(socket)?.session.said(message);
  }

  forget(socket: Socket): void {
    this.#held.delete(socket);
  }

  /** Whether the app is to hear a message. */
  hears(socket: Socket, message: string | Buffer): boolean {
    const held = this.#held.get(socket);
    if (held === undefined) return true;
    const text = typeof message === "string" ? message : undefined;
    if (held.polls === undefined) return held.session.heard(text, performance.now());
    if (text === ENGINE.upgrade) this.#upgraded(held, held.polls);
    return true;
  }

  /** Whether there are any: all others need not be asked for. */
  get isUsed(): boolean {
    return this.#held.size > 0;
  }

  isStrange(socket: Socket): boolean {
    return this.#held.get(socket)?.session.isStrange === true;
  }

  /** See `SocketIoSession.mayLeave`. */
  mayLeave(socket: Socket): boolean {
    return this.#held.get(socket)?.session.mayLeave(performance.now()) ?? true;
  }

  /** What a new owner has to know; undefined: it is not of socket.io. */
  offerOf(socket: Socket): (SocketIoOffer & { readonly headers: string }) | undefined {
    const held = this.#held.get(socket);
    return held && { ...held.session.offer, headers: held.headers };
  }

  arrived(socket: Socket, offer: SocketIoOffer): void {
    this.#held.get(socket)?.session.arrived(offer);
  }

  #upgraded(held: Held, id: string): void {
    held.polls = undefined;
    const polled = this.polling.take(id);
    if (polled === undefined) return held.session.beStrange();
    held.session = polled.session;
    held.session.upgraded();
    const own = held.handshake.toLowerCase();
    for (const [name, value] of polled.headers) {
      if (!own.includes(`\r\n${name}: `)) held.headers += `${name}: ${value}\r\n`;
    }
  }
}

/** Whether it is of the protocol that is understood here; undefined: it is not of socket.io. */
export function isUnderstood(url: string): boolean | undefined {
  const version = ENGINE_IO.exec(url)?.[1];
  return version === undefined ? undefined : version === "4";
}

/** The request of a session that begins with it. @param handshake see handshake-request.ts */
export function beginning(handshake: string): string {
  const end = handshake.indexOf("\r\n");
  const line = handshake.slice(0, end).replace(/([?&])sid=[^& ]*(?:&|(?= ))/, "$1");
  return line.replace(/[?&](?= HTTP)/, "") + handshake.slice(end);
}
