// What a program on node:http does to an answer after pounce has answered in its place: nothing of
// it may have an effect, and nothing may throw, as nobody would catch that.
import type { ServerResponse } from "node:http";

const OF_THE_HEAD = [
  "appendHeader",
  "flushHeaders",
  "removeHeader",
  "setHeader",
  "setHeaders",
  "writeContinue",
  "writeEarlyHints",
  "writeHead",
] as const;

/** From now on the program answers to nobody. `headersSent` and `writableEnded` say why. */
export function ignoreLateAnswer(response: ServerResponse): void {
  const ignore = (...args: readonly unknown[]): ServerResponse => {
    const callback = args.at(-1);
    if (typeof callback === "function") process.nextTick(callback as () => void);
    return response;
  };
  const write = (...args: readonly unknown[]): boolean => ignore(...args) === response;
  const methods = { ...Object.fromEntries(OF_THE_HEAD.map((name) => [name, ignore])), write };
  for (const [name, value] of Object.entries({ ...methods, end: ignore })) {
    Object.defineProperty(response, name, { configurable: true, writable: true, value });
  }
}
