// Bun's own `ws`, which programs on node:http get whatever `ws` is installed. Its WebSockets have
// one of Bun's inside, which can be carried. Nobody documents what is used of it here:
// test/worker/movable/library.test.ts guards that.
import type { EventEmitter } from "node:events";

type Socket = Bun.ServerWebSocket<unknown>;

export interface SendOptions {
  readonly binary?: boolean;
  /** False: more of the same message follows. */
  readonly fin?: boolean;
}

/** A WebSocket of `ws`. */
export interface Library extends EventEmitter {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly isPaused: boolean;
  /** What was agreed on; "": nothing. */
  readonly extensions: string;
  /** The subprotocol; "": none. */
  readonly protocol: string;
  send(data: unknown, options?: SendOptions): void;
  ping(data?: unknown): void;
  pong(data?: unknown): void;
  close(code?: number, reason?: string | Uint8Array): void;
  terminate(): void;
}

/** The server of `ws` that has opened one. */
export interface LibraryServer {
  /** Those that are open, if it keeps them. */
  readonly clients?: Set<unknown>;
}

type Then = (library: Library, request: unknown) => void;
type Complete = (
  this: LibraryServer,
  extensions: unknown,
  key: unknown,
  protocols: unknown,
  request: unknown,
  socket: object,
  head: unknown,
  then: Then,
) => void;
/** Returns what takes what the program throws when it is told of it; undefined: nothing does. */
type Opened = (library: Library, server: LibraryServer) => ((error: unknown) => void) | undefined;

interface HandlesUpgrades {
  handleUpgrade(request: unknown, socket: unknown, head: unknown, then: Then): void;
}

interface Classes {
  readonly WebSocket: { readonly prototype: Record<string, unknown> };
  readonly WebSocketServer: {
    new (options: { readonly noServer: true }): HandlesUpgrades;
    readonly prototype: { completeUpgrade: Complete };
  };
}

/** On the connection, for its WebSocket. */
const LIBRARY = "websocket";
const NATIVE = "kNative";
/** False while a message is being sent in parts. */
const IS_FIRST_PART = "kFirstFragment";

const opened = new WeakMap<object, Opened>();
let classes: Classes | undefined;
let isWatched = false;

/** Its classes; undefined: they are not what they were. */
export function libraryClasses(): Classes | undefined {
  classes ??= process.getBuiltinModule("ws") as unknown as Classes | undefined;
  const complete: unknown = classes?.WebSocketServer?.prototype?.completeUpgrade;
  return typeof complete === "function" ? classes : undefined;
}

/**
 * Calls `then` when `ws` has opened a WebSocket on a connection, before the program hears of it.
 * Must come before the program is told of the upgrade.
 */
export function whenOpened(socket: object, then: Opened): void {
  watch();
  opened.set(socket, then);
}

function watch(): void {
  if (isWatched) return;
  isWatched = true;
  const prototype = libraryClasses()?.WebSocketServer.prototype;
  if (prototype === undefined) return;
  const { completeUpgrade } = prototype;
  prototype.completeUpgrade = function (
    extensions,
    key,
    protocols,
    request,
    socket,
    head,
    then,
  ): void {
    const told: Then = (library, one) => {
      const threw = opened.get(socket)?.(library, this);
      opened.delete(socket);
      try {
        then(library, one);
      } catch (error) {
        if (threw === undefined) throw error;
        threw(error);
      }
    };
    completeUpgrade.call(this, extensions, key, protocols, request, socket, head, told);
  };
}

/** The WebSocket that speaks on a connection, if one does. */
export function libraryOf(socket: object): Library | undefined {
  return valueOf(socket, LIBRARY) as Library | undefined;
}

/** Bun's WebSocket inside; undefined: it reads and writes the connection by itself. */
export function nativeOf(library: Library): Socket | undefined {
  const native = valueOf(library, NATIVE);
  const name = Object.prototype.toString.call(native);
  return name === "[object ServerWebSocket]" ? (native as Socket) : undefined;
}

/** Whether it has sent a part of a message, and not the last one. */
export function isSendingParts(library: Library): boolean {
  return valueOf(library, IS_FIRST_PART) !== true;
}

function valueOf(object: object, description: string): unknown {
  const symbols = Object.getOwnPropertySymbols(object);
  const symbol = symbols.find((one) => one.description === description);
  return symbol && Reflect.get(object, symbol);
}
