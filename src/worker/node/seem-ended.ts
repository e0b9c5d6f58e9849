// An answer that the program has ended, and whose end has to wait. To the program it has ended, as
// it would have without pounce: whatever the program does to it then comes too late.
import type { ServerResponse } from "node:http";

/** What a program may still do to an answer, or see of it. */
export type Endable = Pick<
  ServerResponse,
  | "appendHeader"
  | "destroy"
  | "end"
  | "finished"
  | "flushHeaders"
  | "headersSent"
  | "removeHeader"
  | "setHeader"
  | "setHeaders"
  | "statusCode"
  | "statusMessage"
  | "writableEnded"
  | "write"
  | "writeContinue"
  | "writeEarlyHints"
  | "writeHead"
>;

/** Makes a response look ended. @returns makes it again what it is */
export function seemEnded(response: Endable): () => void {
  const seeming: Readonly<Record<Exclude<keyof Endable, "destroy">, PropertyDescriptor>> = {
    headersSent: { value: true },
    writableEnded: { value: true },
    finished: { value: true },
    write: tooLate("ERR_STREAM_WRITE_AFTER_END", false),
    end: tooLate("ERR_STREAM_ALREADY_FINISHED", response),
    // The program may set these, and nobody sees it.
    statusCode: { value: response.statusCode },
    statusMessage: { value: response.statusMessage },
    flushHeaders: { value: () => undefined },
    appendHeader: HEAD_SENT,
    removeHeader: HEAD_SENT,
    setHeader: HEAD_SENT,
    setHeaders: HEAD_SENT,
    writeContinue: HEAD_SENT,
    writeEarlyHints: HEAD_SENT,
    writeHead: HEAD_SENT,
  };
  return shadow(response, seeming);
}

/** Calls `before` before one of these is destroyed. @returns ends that */
export function beforeDestroy(all: readonly Destroyable[], before: () => void): () => void {
  const restores = all.map((it) => {
    const { destroy } = it;
    const value = (...args: unknown[]): unknown => {
      before();
      return Reflect.apply(destroy, it, args);
    };
    return shadow(it, { destroy: { value } });
  });
  return () => {
    for (const restore of restores) restore();
  };
}

interface Destroyable {
  destroy(error?: Error): unknown;
}

/** Gives an object these members for a time. @returns takes them away */
function shadow(it: object, members: Readonly<Record<string, PropertyDescriptor>>): () => void {
  const restores = Object.entries(members).map(([name, descriptor]) => {
    const own = Object.getOwnPropertyDescriptor(it, name);
    Object.defineProperty(it, name, { configurable: true, writable: true, ...descriptor });
    return () => {
      if (own === undefined) Reflect.deleteProperty(it, name);
      else Object.defineProperty(it, name, own);
    };
  });
  return () => {
    for (const restore of restores) restore();
  };
}

/** A method that would change the head, or send one more. */
const HEAD_SENT: PropertyDescriptor = {
  value: () => {
    const message = "the head of the answer cannot be changed: it has been sent";
    throw Object.assign(new Error(message), { code: "ERR_HTTP_HEADERS_SENT" });
  },
};

/** A method that has no effect any more, but for an error to its callback. */
function tooLate(code: string, result: unknown): PropertyDescriptor {
  const value = (...args: readonly unknown[]): unknown => {
    const callback = args.at(-1);
    const error = Object.assign(new Error("the answer has ended"), { code });
    if (typeof callback === "function") process.nextTick(callback as () => void, error);
    return result;
  };
  return { value };
}
