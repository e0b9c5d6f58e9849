// What a worker keeps of each WebSocket, so that it can be carried to another worker: the request
// that its client has sent, and how many of the app's handlers are still running for it.
import type { Closable } from "./closable.ts";
import { handshakeOf } from "./handshake-request.ts";
import type { Outer } from "./outer.ts";

export interface Kept {
  /** The upgrade request, see handshake-request.ts. */
  readonly handshake: string;
  /**
   * Whether another process can go on with it: Bun keeps a state of its own for what is compressed,
   * and socket.io tells a client its session at the beginning, which another process does not know.
   */
  readonly isFit: boolean;
  /** The subprotocol that its client was told; "": none. */
  readonly protocol: string;
  /** Left out: the app sees the WebSocket of Bun itself. */
  readonly outer?: Outer;
}

/** The version of its protocol, which each of its clients names. */
const SOCKET_IO = /[?&]EIO=\d/;

/** Whether it is one of socket.io. @param url of its upgrade request */
export function isOfSocketIo(url: string): boolean {
  return SOCKET_IO.test(url);
}

type Socket = Bun.ServerWebSocket<unknown>;

export class Keeper {
  readonly #kept = new Map<Socket, Kept>();
  /** How many handlers of the app have not ended, where there are any. */
  readonly #running = new Map<Socket, number>();
  #upgrading: Kept | undefined;
  /** Called for each that is opened from now on. */
  onOpened: ((socket: Socket) => void) | undefined;
  onClosed: ((socket: Socket) => void) | undefined;

  /** @param compresses whether the app lets Bun compress messages */
  constructor(readonly compresses: () => boolean) {}

  /** A request is about to be upgraded. @param headers of the answer, that the app gives */
  noteUpgrade(request: Request, headers: Bun.HeadersInit | undefined): void {
    this.#upgrading = {
      handshake: handshakeOf(request),
      isFit: !(this.compresses() && asksForCompression(request)) && !isOfSocketIo(request.url),
      protocol: protocolOf(request, headers),
    };
  }

  /** What was last noted has become a WebSocket. */
  opened(socket: Socket): void {
    const kept = this.#upgrading;
    this.#upgrading = undefined;
    if (kept !== undefined) this.keep(socket, kept);
  }

  /** The same for one that was not noted before. */
  keep(socket: Socket, kept: Kept): void {
    this.#kept.set(socket, kept);
    this.onOpened?.(socket);
  }

  /** What it is for those who close it, or ask for its connection. */
  closableOf(socket: Socket): Closable {
    return this.#kept.get(socket)?.outer?.closable ?? socket;
  }

  closed(socket: Socket): void {
    this.#kept.delete(socket);
    this.onClosed?.(socket);
  }

  /** The app is busy with a message of it until then. */
  runs(socket: Socket, handler: Promise<unknown>): void {
    this.#running.set(socket, (this.#running.get(socket) ?? 0) + 1);
    const end = (): void => {
      const left = (this.#running.get(socket) ?? 1) - 1;
      if (left > 0) this.#running.set(socket, left);
      else this.#running.delete(socket);
    };
    handler.then(end, end);
  }

  /** Whether the app is not done with it for now. */
  isBusy(socket: Socket): boolean {
    return this.#running.has(socket) || this.#kept.get(socket)?.outer?.isBusy === true;
  }

  /** All that are open. */
  get all(): Iterable<Socket> {
    return this.#kept.keys();
  }

  of(socket: Socket): Kept | undefined {
    return this.#kept.get(socket);
  }

  forget(socket: Socket): void {
    this.#kept.delete(socket);
  }
}

function asksForCompression(request: Request): boolean {
  return request.headers.get("sec-websocket-extensions")?.includes("permessage-deflate") === true;
}

/** As Bun answers: what the app says, else the first one that the client asks for. */
export function protocolOf(request: Request, headers: Bun.HeadersInit | undefined): string {
  const given =
    headers === undefined
      ? null
      : new Headers(headers as HeadersInit).get("sec-websocket-protocol");
  const asked = request.headers.get("sec-websocket-protocol");
  return (given ?? asked?.split(",", 1)[0] ?? "").trim();
}
