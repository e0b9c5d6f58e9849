// A WebSocket of `ws` on a connection that a program on node:http has taken over, so that it can
// move to another worker.
import { EventEmitter } from "node:events";
import type { Closable } from "../movable/closable.ts";
import { isSendingParts, type Library, type LibraryServer } from "../movable/library.ts";
import {
  callLibrary,
  hasLibraryMoved,
  noteLibraryClosed,
  noteLibraryMoved,
  prepareLibrary,
} from "../movable/library-moved.ts";
import type { CallHeader } from "../movable/messages.ts";
import type { PassOn } from "../movable/moved.ts";
import type { Outer } from "../movable/outer.ts";

const OPEN = 1;

type Listener = (this: Library, ...args: unknown[]) => unknown;

export interface LibrarySocketOptions {
  readonly library: Library;
  readonly closable: Closable;
  /** The connection. */
  readonly socket: object;
  /** That has opened it. */
  readonly server: LibraryServer;
  /** Is told of the handlers of messages that have not ended. */
  readonly runs: (handler: Promise<unknown>) => void;
  /** Hears what is said on it; undefined: nobody has to. */
  readonly session: Session | undefined;
}

/** Hears text messages as they are, and `undefined` in place of bytes. */
export interface Session {
  /** Returns whether the program is to hear it, too. */
  readonly hears: (message: string | undefined) => boolean;
  readonly said: (message: string | undefined) => void;
}

export class LibrarySocket implements Outer {
  readonly library: Library;
  readonly closable: Closable;
  readonly socket: object;
  /** Whether messages are seen on their way to the program. */
  readonly isWatched: boolean;
  /** Takes it off the list of its server. Undefined: there is none. */
  readonly #forget: Listener | undefined;

  /** Before the program hears of it. */
  constructor({ library, closable, socket, server, runs, session }: LibrarySocketOptions) {
    this.library = library;
    this.closable = closable;
    this.socket = socket;
    prepareLibrary();
    const isListed = server.clients?.has(library) === true;
    // Nobody else has added one by now.
    this.#forget = isListed ? (library.listeners("close").at(-1) as Listener) : undefined;
    this.isWatched = watchMessages(library, runs, session);
    if (session !== undefined) watchSent(library, session);
  }

  get isBusy(): boolean {
    const { library } = this;
    return library.readyState !== OPEN || library.isPaused || isSendingParts(library);
  }

  get hasMoved(): boolean {
    return hasLibraryMoved(this.library);
  }

  get isHeard(): boolean {
    return this.library.listenerCount("message") > 0;
  }

  noteMoved(passOn: PassOn): void {
    const { library, socket } = this;
    // Neither `ws` nor the program hears of its end.
    Object.defineProperty(socket, "emit", { configurable: true, writable: true, value: nobody });
    noteLibraryMoved(library, passOn);
    // A program that closes all, or that waits until all have gone, does not mean this one.
    this.#forget?.call(library);
  }

  noteClosed(code: number, reason: string): void {
    noteLibraryClosed(this.library, code, reason);
  }

  call(call: CallHeader, data: Uint8Array): void {
    callLibrary(this.library, call, data);
  }
}

/** Hears an event. */
function nobody(): boolean {
  return false;
}

/**
 * Tells which handlers of messages have not ended: an emitter forgets what they return. Returns
 * whether that is possible.
 */
function watchMessages(
  library: Library,
  runs: LibrarySocketOptions["runs"],
  session: Session | undefined,
): boolean {
  const { emit } = library;
  // What is beyond Bun's own is the program's.
  if (emit !== EventEmitter.prototype.emit || capturesRejections(library)) return false;
  const value = function (this: Library, event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "message") return emit.call(this, event, ...args);
    const [data, isBinary] = args;
    if (session?.hears(isBinary === true ? undefined : String(data)) === false) return true;
    const listeners = this.rawListeners("message") as Listener[];
    for (const listener of listeners) {
      const result = Reflect.apply(listener, this, args);
      if (result instanceof Promise) runs(ended(result));
    }
    return listeners.length > 0;
  };
  Object.defineProperty(library, "emit", { configurable: true, writable: true, value });
  return true;
}

function watchSent(library: Library, { said }: Session): void {
  const { send } = library;
  const value = function (this: Library, ...args: Parameters<typeof send>): void {
    const [data] = args;
    said(typeof data === "string" ? data : undefined);
    send.apply(this, args);
  };
  Object.defineProperty(library, "send", { configurable: true, writable: true, value });
}

/** Whether it hears itself of what its handlers are rejected with. */
function capturesRejections(library: Library): boolean {
  const symbols = Object.getOwnPropertySymbols(library);
  const symbol = symbols.find(({ description }) => description === "kCapture");
  return symbol !== undefined && Reflect.get(library, symbol) === true;
}

/** Resolves when it has ended. What it is rejected with is reported as if nobody had looked. */
function ended(handler: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  void handler.then(
    () => resolve(),
    (error: unknown) => {
      resolve();
      throw error;
    },
  );
  return promise;
}
