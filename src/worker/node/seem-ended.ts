// An answer that the program has ended, and whose end has to wait. To the program it has ended, as
// it would have without pounce: whatever the program does to it then comes too late.
import type { ServerResponse } from "node:http";

/** What a program may still do to an answer, or see of it. */
export type Endable = Pick<
  ServerResponse,
  | "appendHeader"
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
  const seeming: Readonly<Record<keyof Endable, PropertyDescriptor>> = {
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
  const restores = Object.entries(seeming).map(([name, descriptor]) => {
    const own = Object.getOwnPropertyDescriptor(response, name);
    Object.defineProperty(response, name, { configurable: true, writable: true, ...descriptor });
    return () => {
      if (own === undefined) Reflect.deleteProperty(response, name);
      else Object.defineProperty(response, name, own);
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
