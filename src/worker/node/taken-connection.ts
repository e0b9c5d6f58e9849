// A connection that a program on node:http has taken over, for a WebSocket mostly: the library that
// the program uses speaks on it, and a drain must close it properly.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** The program's end of the connection. */
export type ProgramSocket = Pick<
  Socket,
  "write" | "end" | "once" | "destroyed" | "writableEnded" | "bytesWritten"
>;

/** A close frame of RFC 6455: FIN and opcode 8, and no mask. */
const CLOSE = 0x88;
/** The client answers a close frame, and the library then ends the connection. */
const ANSWER_WITHIN_MS = 1000;
const LOOK_MS = 5;

export class TakenConnection {
  readonly #isWebSocket: boolean;
  readonly #writtenBefore: number;
  #isAsked = false;

  /** Before the program has answered the upgrade. */
  constructor(
    readonly socket: ProgramSocket,
    incoming: Pick<IncomingMessage, "headers" | "method">,
  ) {
    this.#isWebSocket = incoming.headers.upgrade?.toLowerCase() === "websocket";
    this.#writtenBefore = socket.bytesWritten;
  }

  /** Whether the close frame has been written. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Asks the client to connect again. A connection for something else goes on. */
  close(code: number, reason: string): void {
    const { socket } = this;
    if (!this.#isWebSocket || socket.destroyed || socket.writableEnded) return;
    const isAnswered = socket.bytesWritten > this.#writtenBefore;
    if (!isAnswered) return void setTimeout(() => this.close(code, reason), LOOK_MS).unref();
    socket.write(closeFrame(code, reason));
    this.#isAsked = true;
    setTimeout(() => socket.end(), ANSWER_WITHIN_MS).unref();
  }
}

function closeFrame(code: number, reason: string): Uint8Array {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame.set([CLOSE, 2 + text.length, code >> 8, code & 0xff]);
  frame.set(text, 4);
  return frame;
}
