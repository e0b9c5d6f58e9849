// `process.send("ready")`, as PM2's manual has programs say that they serve. Under pounce a worker
// is ready when its server has started, so the message goes nowhere; but it must not be an error.
// To files that send no such message there is no `process.send`, as under Bun: packages that find
// one take it for a parent process that listens.
import { readFileSync } from "node:fs";
import { callerOf } from "./caller.ts";
import { ProgramFiles } from "./program-files.ts";

/** However it is written: `process.send?.('ready')`, `(process.send as any)("ready")`. */
const SENDS_READY = /\bprocess\b[^;,{}]{0,20}\bsend\b[^;,{}]{0,30}\(\s*["'`]ready["'`]/;

/** Whether a file with this text tells PM2 that it is ready. */
export function sendsReady(text: string): boolean {
  return SENDS_READY.test(text);
}

/**
 * Gives the program's own files that send the message something to send it with.
 * @param entry the program's main file; "": it is inside the executable
 */
export function takeReadyMessage(entry: string): void {
  const files = new ProgramFiles(entry);
  const known = new Map<string, boolean>();
  const sends = (file: string): boolean => {
    const isKnown = known.get(file) ?? (files.has(file) && sendsReady(textOf(file)));
    known.set(file, isKnown);
    return isKnown;
  };
  const get = (): typeof send | undefined => {
    const file = callerOf(get);
    return file !== undefined && sends(file) ? send : undefined;
  };
  Object.defineProperty(process, "send", {
    configurable: true,
    enumerable: true,
    get,
    set: (value: unknown) => {
      Object.defineProperty(process, "send", {
        configurable: true,
        enumerable: true,
        writable: true,
        value,
      });
    },
  });
}

/** As Node's: true, and a function at the end is called when the message has been sent. */
function send(...args: readonly unknown[]): true {
  const callback = args.at(-1);
  if (typeof callback === "function") queueMicrotask(() => void callback(null));
  return true;
}

/** Inside an executable the program's files are one with its main module. */
function textOf(file: string): string {
  return readText(file) ?? readText(Bun.main) ?? "";
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
