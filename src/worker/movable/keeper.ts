// What a worker keeps of each WebSocket, so that it can be carried to another worker: the request
// that its client has sent, and how many of the app's handlers are still running for it.
import type { Closable } from "./closable.ts";
import { handshakeOf } from "./handshake-request.ts";
import type { Outer } from "./outer.ts";
import { beginning, isUnderstood, SocketIo } from "./socket-io.ts";
import { Suspects } from "./suspects.ts";

export interface Kept {
  /** The upgrade request, see handshake-request.ts. */
  readonly handshake: string;
  /** Why another process cannot go on with it; undefined: it can. */
  readonly unfit: string | undefined;
  /** The subprotocol that its client was told; "": none. */
  readonly protocol: string;
  /** By which URL a session of socket.io was asked for; undefined: it is none. */
  readonly socketIo: string | undefined;
  /** Left out: the app sees the WebSocket of Bun itself. */
  readonly outer?: Outer;
}

type Socket = Bun.ServerWebSocket<unknown>;

export class Keeper {
  readonly socketIo = new SocketIo();
  readonly suspects = new Suspects();
  readonly #kept = new Map<Socket, Kept>();
  /** How many handlers of the app have not ended, where there are any. */
  readonly #running = new Map<Socket, number>();
  /** Those on their way to this worker. */
  readonly #coming = new Set<Socket>();
  /** How many handlers of messages have not ended. */
  #messages = 0;
  #upgrading: Kept | undefined;
  /** Called for each that opens from now on, or arrives. */
  onOpened: ((socket: Socket) => void) | undefined;
  onClosed: ((socket: Socket) => void) | undefined;

  /** @param compresses whether the app lets Bun compress messages */
  constructor(readonly compresses: () => boolean) {}

  /** A request is about to be upgraded. @param headers of the answer, that the app gives */
  noteUpgrade(request: Request, headers: Bun.HeadersInit | undefined): void {
    const isSocketIo = isUnderstood(request.url);
    const handshake = handshakeOf(request);
    this.#upgrading = {
      handshake: isSocketIo === true ? beginning(handshake) : handshake,
      unfit: unfitness(this.compresses() && asksForCompression(request), isSocketIo !== false),
      protocol: protocolOf(request, headers),
      socketIo: isSocketIo === true ? request.url : undefined,
    };
  }

  /**
   * What was last noted has become a WebSocket.
   * @param isComing it has yet to get the connection of its client
   */
  opened(socket: Socket, isComing: boolean): void {
    const kept = this.#upgrading;
    this.#upgrading = undefined;
    if (kept !== undefined) this.keep(socket, kept, isComing);
  }

  /** The same for one that was not noted before. */
  keep(socket: Socket, kept: Kept, isComing: boolean): void {
    this.#kept.set(socket, kept);
    const { socketIo, handshake } = kept;
    if (socketIo !== undefined) this.socketIo.opened(socket, socketIo, handshake);
    if (isComing) this.#coming.add(socket);
    else this.onOpened?.(socket);
  }

  /** It comes from another worker. @param suspected see suspects.ts */
  came(socket: Socket, suspected = false): void {
    this.suspects.came(socket, suspected, performance.now());
  }

  /** It has got the connection of its client. */
  arrived(socket: Socket): void {
    if (this.#coming.delete(socket)) this.onOpened?.(socket);
  }

  /** What it is for those who close it, or ask for its connection. */
  closableOf(socket: Socket): Closable {
    return this.#kept.get(socket)?.outer?.closable ?? socket;
  }

  closed(socket: Socket): void {
    this.forget(socket);
    this.onClosed?.(socket);
  }

  /**
   * The app is busy with it until then.
   * @param isMessage with a message, which somebody waits for
   */
  runs(socket: Socket, handler: Promise<unknown>, isMessage: boolean): void {
    if (isMessage) this.#messages++;
    this.#running.set(socket, (this.#running.get(socket) ?? 0) + 1);
    const end = (): void => {
      if (isMessage) this.#messages--;
      const left = (this.#running.get(socket) ?? 1) - 1;
      if (left > 0) this.#running.set(socket, left);
      else this.#running.delete(socket);
    };
    // What it is rejected with is reported as if nobody had looked.
    void handler.then(end, (error: unknown) => {
      end();
      throw error;
    });
  }

  /** Whether messages are still handled, also of those that have gone. */
  get isHandling(): boolean {
    return this.#messages > 0;
  }

  /** Whether a handler still runs for it. */
  isRunning(socket: Socket): boolean {
    return this.#running.has(socket);
  }

  /** Whether something goes on for it, so that it cannot leave now. */
  isBusy(socket: Socket): boolean {
    const { outer } = this.#kept.get(socket) ?? {};
    return outer?.isBusy === true || !this.socketIo.mayLeave(socket);
  }

  /** Why it can never leave; undefined: it can. */
  unfit(socket: Socket): string | undefined {
    const kept = this.#kept.get(socket);
    if (this.suspects.isAgain(socket)) return "that came to two workers when the app threw there";
    return kept?.unfit ?? unfitness(false, !this.socketIo.isStrange(socket));
  }

  /** All that are open, and have the connections of their clients. */
  get all(): readonly Socket[] {
    return [...this.#kept.keys()].filter((socket) => !this.#coming.has(socket));
  }

  of(socket: Socket): Kept | undefined {
    return this.#kept.get(socket);
  }

  forget(socket: Socket): void {
    this.#kept.delete(socket);
    this.#coming.delete(socket);
    this.socketIo.forget(socket);
  }
}

/**
 * In words; undefined: it can move. Bun keeps a state of its own for what is compressed.
 * @param isKnown whether the protocol on it is understood: old versions of socket.io are not
 */
export function unfitness(isCompressed: boolean, isKnown: boolean): string | undefined {
  if (isCompressed) return "compressed";
  return isKnown ? undefined : "of a protocol on Engine.IO that is not known";
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
