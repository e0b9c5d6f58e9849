// A connection that a program on node:http has taken over, for a WebSocket mostly: the library that
// the program uses speaks on it, and a drain must close it properly.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { CloseFrame } from "../../core/farewell.ts";
import { onceSent } from "../connections/backlog.ts";
import { libraryOf } from "../movable/library.ts";

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
  /** Undefined: nobody has asked it to close. */
  #frame: CloseFrame | undefined;
  #isAsked = false;
  /** Whether the program has answered the upgrade. */
  isAnswered = false;
  /** Whether it can move to another worker, see keep-taken.ts. */
  canMove = false;

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

  get isUnfit(): boolean {
    return this.#isWebSocket && this.isAnswered && !this.canMove;
  }

  /**
   * Sends the client away, once the program has answered it. What is said last counts. A connection
   * for something else goes on.
   */
  close(code: number, reason: string): void {
    const isFirst = this.#frame === undefined;
    this.#frame = { code, reason };
    if (isFirst && this.#isWebSocket) this.#closeOnceAnswered();
  }

  #closeOnceAnswered(): void {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return;
    const library = libraryOf(socket);
    // Nothing else may be written where Bun writes frames of its own.
    if (library !== undefined) {
      return onceSent(
        () => library.bufferedAmount,
        () => this.#asked((frame) => library.close(frame.code, frame.reason)),
      );
    }
    const isAnswered = socket.bytesWritten > this.#writtenBefore;
    if (isAnswered) this.#asked((frame) => socket.write(closeFrame(frame)));
    else setTimeout(() => this.#closeOnceAnswered(), LOOK_MS).unref();
  }

  #asked(close: (frame: CloseFrame) => void): void {
    if (this.#frame === undefined) return;
    close(this.#frame);
    this.#isAsked = true;
    setTimeout(() => this.socket.end(), ANSWER_WITHIN_MS).unref();
  }
}

/** What the status is, where what the program writes does not say. */
export const SWITCHING_PROTOCOLS = 101;
const STATUS = /^HTTP\/1\.\d (\d{3})\b/;

/** Calls `told` with the status of the program's answer, when the program begins to write it. */
export function watchAnswer(socket: ProgramSocket, told: (status: number) => void): void {
  const watch = (name: "write" | "end"): (() => void) => {
    const { [name]: own } = socket;
    const watched = (...args: unknown[]): unknown => {
      for (const restore of all) restore();
      const [first] = args;
      if (typeof first === "string" || first instanceof Uint8Array) told(statusIn(first));
      return Reflect.apply(own, socket, args);
    };
    Reflect.set(socket, name, watched);
    // The program may have put its own in place of it.
    return () => void (socket[name] === watched && Reflect.deleteProperty(socket, name));
  };
  const all = [watch("write"), watch("end")];
}

function statusIn(answer: string | Uint8Array): number {
  const text = typeof answer === "string" ? answer : Buffer.from(answer).toString("latin1", 0, 12);
  return Number(STATUS.exec(text)?.[1] ?? SWITCHING_PROTOCOLS);
}

function closeFrame({ code, reason }: CloseFrame): Uint8Array {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame.set([CLOSE, 2 + text.length, code >> 8, code & 0xff]);
  frame.set(text, 4);
  return frame;
}
