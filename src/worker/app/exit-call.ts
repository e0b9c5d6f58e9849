// Finds out that an app ends its process with `process.exit`, and where it does.
import { framesOf } from "../../errors/stack.ts";
import { withStackSettings } from "../program/stack-settings.ts";

/** Frames to keep: those around the call. */
const FRAMES = 20;

type Exit = typeof process.exit;

/**
 * Replaces `process.exit`.
 * @param onCall runs before the process ends. `error` has the stack of the call, as far as there is
 *   one, and the call as its message: `process.exit(3)`
 */
export function watchExit(onCall: (error: Error) => void): void {
  const exit = process.exit.bind(process) as Exit;
  let read: Error | undefined;
  const watched: Exit = (code) => {
    // Throws what `exit` would throw for a code that is none: then the process does not end.
    if (code != null) process.exitCode = code;
    const call = `process.exit(${code ?? ""})${code == null ? `, exit code ${given()}` : ""}`;
    const error = withStackBelow(watched, call);
    onCall(hasPlace(error) || read === undefined ? error : renamed(read, call));
    return exit(code);
  };
  // In `() => process.exit(1)`, and all else that a function does last, the function has no frame
  // any more when `exit` is called. It still has when it reads the name, right before that.
  const get = (): Exit => {
    read = withStackBelow(get, "");
    queueMicrotask(() => (read = undefined));
    return watched;
  };
  const common = { configurable: true, enumerable: true };
  const set = (value: unknown): void => {
    Object.defineProperty(process, "exit", { ...common, writable: true, value });
  };
  Object.defineProperty(process, "exit", { ...common, get, set });
}

function withStackBelow(callee: (...args: never[]) => unknown, message: string): Error {
  const error = new Error(message);
  return withStackSettings({ limit: FRAMES, prepare: undefined }, () => {
    Error.captureStackTrace(error, callee);
    // It is made when it is first read.
    void error.stack;
    return error;
  });
}

/** The exit code where the call names none. */
function given(): string {
  return String(process.exitCode ?? 0);
}

function hasPlace({ stack = "" }: Error): boolean {
  return framesOf(stack).some(({ place }) => place !== undefined);
}

function renamed(error: Error, message: string): Error {
  error.message = message;
  return error;
}
