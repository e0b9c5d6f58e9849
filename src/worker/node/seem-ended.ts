// An answer that the program has ended, and whose end has to wait. To the program it has ended, as
// it would have without pounce: whatever the program does to it then comes too late.
import type { ServerResponse } from "node:http";

type Response = Pick<
  ServerResponse,
  "end" | "finished" | "headersSent" | "writableEnded" | "write"
>;

/** Makes a response look ended. @returns makes it again what it is */
export function seemEnded(response: Response): () => void {
  const seeming: Readonly<Record<keyof Response, PropertyDescriptor>> = {
    headersSent: { value: true },
    writableEnded: { value: true },
    finished: { value: true },
    write: tooLate("ERR_STREAM_WRITE_AFTER_END", false),
    end: tooLate("ERR_STREAM_ALREADY_FINISHED", response),
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
