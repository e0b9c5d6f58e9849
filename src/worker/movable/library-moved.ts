// WebSockets of `ws` that have moved, as the old code sees them: what it sends is sent by their new
// owners, for as long as this worker lives. The same for those of Bun: moved.ts.
import { type Library, libraryClasses, type SendOptions } from "./library.ts";
import type { CallHeader } from "./messages.ts";
import { areSpared, type PassOn } from "./moved.ts";

type Method = (this: Library, ...args: unknown[]) => unknown;
type Callback = (error: Error | null) => void;

interface Moved {
  readonly passOn: PassOn;
  /** The parts of a message that is not whole yet. */
  parts: Uint8Array[];
  /** By the old code. */
  isClosed: boolean;
}

const OPEN = 1;
const CLOSED = 3;
const ofLibrary = new WeakMap<object, Moved>();
let isPrepared = false;
let hasMoved = false;

/** From now on it is served by somebody else. */
export function noteLibraryMoved(library: Library, passOn: PassOn): void {
  const moved: Moved = { passOn, parts: [], isClosed: false };
  hasMoved = true;
  ofLibrary.set(library, moved);
  const get = (): number => (moved.isClosed ? CLOSED : OPEN);
  Object.defineProperty(library, "readyState", { configurable: true, enumerable: true, get });
}

/** Whether it is served by somebody else. */
export function hasLibraryMoved(library: Library): boolean {
  return ofLibrary.get(library)?.isClosed === false;
}

/** Nobody serves it any more: the old code hears that it was closed. */
export function noteLibraryClosed(library: Library, code: number, reason: string): void {
  const moved = ofLibrary.get(library);
  if (moved === undefined) return;
  moved.isClosed = true;
  queueMicrotask(() => library.emit("close", code, Buffer.from(reason)));
}

const METHODS: Readonly<Record<string, (moved: Moved, args: readonly unknown[]) => void>> = {
  send,
  ping: (moved, args) => control(moved, "ping", args),
  pong: (moved, args) => control(moved, "pong", args),
  close(moved, [code, reason]) {
    checkCode(code);
    if (moved.isClosed) return;
    moved.isClosed = true;
    if (areSpared()) return;
    const text = reason === undefined ? null : bytesOf(reason).toString();
    moved.passOn(
      { method: "close", args: [(code as number | undefined) ?? null, text] },
      undefined,
    );
  },
  /**
   * Only the old code has done with it. A program that looks for broken connections, as the manual
   * of `ws` shows, calls this where no pong has come: it goes to the new owner.
   */
  terminate(moved) {
    moved.isClosed = true;
  },
  pause: () => undefined,
  resume: () => undefined,
};

/** Must come before the program sees a WebSocket: it may keep a method for itself. */
export function prepareLibrary(): void {
  const prototype = libraryClasses()?.WebSocket.prototype;
  if (isPrepared || prototype === undefined) return;
  isPrepared = true;
  for (const [name, instead] of Object.entries(METHODS)) {
    const own = prototype[name] as Method;
    // None has more arguments.
    prototype[name] = function (this: Library, a: unknown, b: unknown, c: unknown): unknown {
      const moved = hasMoved ? ofLibrary.get(this) : undefined;
      return moved === undefined ? own.call(this, a, b, c) : instead(moved, [a, b, c]);
    };
  }
}

function send(moved: Moved, [data, given, last]: readonly unknown[]): void {
  const callback = typeof given === "function" ? given : last;
  const { binary = isBinary(data), fin = true } = (Object(given) as SendOptions) ?? {};
  if (data instanceof Blob) {
    const later = (bytes: Uint8Array): void => send(moved, [bytes, { binary, fin }, callback]);
    return void data.bytes().then(later);
  }
  if (!moved.isClosed) {
    moved.parts.push(Buffer.from(bytesOf(data)));
    if (fin) {
      const whole = Buffer.concat(moved.parts);
      moved.parts = [];
      pass(moved, { method: binary ? "sendBinary" : "sendText", args: [null] }, whole);
    }
  }
  done(moved, callback);
}

function control(moved: Moved, method: "ping" | "pong", args: readonly unknown[]): void {
  const [data] = args;
  const callback = args.find((one) => typeof one === "function");
  const bytes = data === callback || data === undefined ? Buffer.alloc(0) : bytesOf(data);
  if (!moved.isClosed) pass(moved, { method, args: [null] }, bytes);
  done(moved, callback);
}

function pass(moved: Moved, call: Omit<CallHeader, "id" | "data">, bytes: Uint8Array): void {
  moved.passOn({ ...call, data: call.method === "sendText" ? "text" : "bytes" }, bytes);
}

function done({ isClosed }: Moved, callback: unknown): void {
  if (typeof callback !== "function") return;
  const error = isClosed ? new Error("WebSocket is not open: readyState 3 (CLOSED)") : null;
  process.nextTick(callback as Callback, error);
}

function isBinary(data: unknown): boolean {
  return typeof data !== "string" && typeof data !== "number";
}

/** As `ws` reads what it is given to send. */
function bytesOf(data: unknown): Buffer {
  if (data === undefined || data === null) return Buffer.alloc(0);
  if (typeof data === "string" || typeof data === "number") return Buffer.from(String(data));
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data as ArrayBuffer);
}

function checkCode(code: unknown): void {
  if (code === undefined) return;
  const isValid =
    typeof code === "number" &&
    ((code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
      (code >= 3000 && code <= 4999));
  if (!isValid) throw new TypeError("First argument must be a valid error code number");
}

/** What the old code has called is done here. */
export function callLibrary(
  library: Library,
  { method, args, data }: CallHeader,
  bytes: Uint8Array,
): void {
  // They are a view of what the link reads into.
  const own = Buffer.from(bytes);
  switch (method) {
    case "send":
      return library.send(own, { binary: data !== "text" });
    case "sendText":
      return library.send(own, { binary: false });
    case "sendBinary":
      return library.send(own, { binary: true });
    case "ping":
    case "pong":
      return library.readyState === OPEN ? library[method](own) : undefined;
    case "close": {
      const [code, reason] = args as readonly [number | null, string | null];
      return library.close(code ?? undefined, reason ?? undefined);
    }
    case "terminate":
      return library.terminate();
    default:
      // Topics, which only Bun has.
      return undefined;
  }
}
