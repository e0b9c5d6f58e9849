// WebSockets that have moved, as the old code sees them: what it calls is done by their new owners,
// for as long as this worker lives. Bun has closed its own part of them.
import { CALLED_LATER, type CalledLater, type CallHeader } from "./messages.ts";

type Socket = Bun.ServerWebSocket<unknown>;

/** Passes a call on to the new owner. */
export type PassOn = (call: Omit<CallHeader, "id">, data: Uint8Array | undefined) => void;

interface Moved {
  readonly passOn: PassOn;
  readonly topics: Set<string>;
  readonly remoteAddress: string;
  isClosed: boolean;
}

const OPEN = 1;
const CLOSED = 3;
const ofSocket = new WeakMap<object, Moved>();
let isPrepared = false;

/**
 * Must come before the app sees any WebSocket: it may keep a method for itself. Until one has
 * moved, that costs next to nothing.
 * @param socket any
 */
export function prepareMethods(socket: Socket): void {
  if (isPrepared) return;
  isPrepared = true;
  const prototype = Object.getPrototypeOf(socket) as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  for (const name of CALLED_LATER) {
    const own = prototype[name];
    if (own === undefined) continue;
    if (name === "terminate") ownTerminate = own;
    prototype[name] = function (this: Socket, ...args: unknown[]): unknown {
      if (!isAnyMoved) return own.apply(this, args);
      const moved = ofSocket.get(this);
      return moved === undefined ? own.apply(this, args) : call(moved, name, args);
    };
  }
}

/** By Bun's own method: whatever has become of it since. */
export function terminate(socket: Socket): void {
  (ownTerminate ?? Reflect.get(Object.getPrototypeOf(socket), "terminate")).call(socket);
}

/**
 * From now on the old code closes none that has moved: a program that is told to end closes all it
 * knows of, and does not mean these.
 */
export function spareMoved(): void {
  isSpared = true;
}

/** Whether none is to be closed, see `spareMoved`. */
export function areSpared(): boolean {
  return isSpared;
}

let isSpared = false;
let ownTerminate: (() => void) | undefined;
let isAnyMoved = false;

/** From now on it is served by somebody else. @param topics that it is subscribed to */
export function noteMoved(socket: Socket, topics: readonly string[], passOn: PassOn): void {
  isAnyMoved = true;
  const { remoteAddress } = socket;
  ofSocket.set(socket, { passOn, topics: new Set(topics), remoteAddress, isClosed: false });
  for (const [name, shown] of Object.entries(SHOWN)) {
    // Returns false where the app has fixed it, or has frozen the socket: then that stays.
    Reflect.defineProperty(socket, name, shown);
  }
}

/** Whether it is served by somebody else. */
export function hasMoved(socket: Socket): boolean {
  return ofSocket.get(socket)?.isClosed === false;
}

/** Nobody serves it any more. */
export function noteClosed(socket: Socket): void {
  const moved = ofSocket.get(socket);
  if (moved !== undefined) moved.isClosed = true;
}

type Self = ThisType<Socket>;

/** What Bun would say of it is that it is closed. The same for all, so that each costs little. */
const SHOWN: PropertyDescriptorMap & Self = {
  readyState: {
    configurable: true,
    get(this: Socket) {
      return ofSocket.get(this)?.isClosed === true ? CLOSED : OPEN;
    },
  },
  remoteAddress: {
    configurable: true,
    get(this: Socket) {
      return ofSocket.get(this)?.remoteAddress;
    },
  },
  subscriptions: {
    configurable: true,
    get(this: Socket) {
      return [...(ofSocket.get(this)?.topics ?? [])];
    },
  },
  isSubscribed: {
    configurable: true,
    value(this: Socket, topic: string) {
      return ofSocket.get(this)?.topics.has(topic) === true;
    },
  },
  getBufferedAmount: { configurable: true, value: () => 0 },
  cork: {
    configurable: true,
    value(this: Socket, then: (socket: Socket) => unknown) {
      return then(this);
    },
  },
};

function call(moved: Moved, method: CalledLater, args: readonly unknown[]): unknown {
  if (moved.isClosed) return method.startsWith("s") ? 0 : undefined;
  if (method === "subscribe") moved.topics.add(String(args[0]));
  if (method === "unsubscribe") moved.topics.delete(String(args[0]));
  if (method === "close" || method === "terminate") {
    moved.isClosed = true;
    if (isSpared) return undefined;
  }
  const dataAt = placeOfData(method);
  const given = dataAt === undefined ? undefined : args[dataAt];
  if (dataAt !== undefined && given instanceof Blob) {
    // Its bytes cannot be read at once.
    void given.bytes().then((bytes) => call(moved, method, args.with(dataAt, bytes)));
    return given.size;
  }
  const data = dataOf(given);
  // Bun throws there: nothing is to be sent.
  if (data === undefined && (method.startsWith("send") || method.startsWith("publish"))) return 0;
  const plain = args.map((arg, at) => (at === dataAt || !isPlain(arg) ? null : arg));
  moved.passOn(
    { method, args: plain, ...(data !== undefined && { data: data.kind }) },
    data?.bytes,
  );
  return data?.bytes.length;
}

function placeOfData(method: CalledLater): number | undefined {
  if (method.startsWith("publish")) return 1;
  return method.startsWith("send") || method === "ping" || method === "pong" ? 0 : undefined;
}

function dataOf(
  value: unknown,
): { readonly kind: "text" | "bytes"; readonly bytes: Uint8Array } | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return { kind: "text", bytes: Buffer.from(value) };
  if (ArrayBuffer.isView(value)) {
    return {
      kind: "bytes",
      bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
    };
  }
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return { kind: "bytes", bytes: new Uint8Array(value) };
  }
  return { kind: "text", bytes: Buffer.from(String(value)) };
}

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** What the old code has called is done here. */
export function callHere(
  socket: Socket,
  { method, args, data }: CallHeader,
  bytes: Uint8Array,
): void {
  const given: unknown[] = [...args];
  const at = placeOfData(method);
  if (at !== undefined && data !== undefined) {
    given[at] = data === "text" ? Buffer.from(bytes).toString() : Buffer.from(bytes);
  }
  const own = Reflect.get(socket, method) as (...args: unknown[]) => unknown;
  own.apply(
    socket,
    given.map((one) => (one === null ? undefined : one)),
  );
}
