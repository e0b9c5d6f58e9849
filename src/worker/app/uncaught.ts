// Errors that the app throws outside a request and does not catch, and rejections that nobody
// handles. An app that listens for them, with `process.on("uncaughtException")` for example,
// handles them itself.
import type { HeldEvents } from "./held-events.ts";

export const UNCAUGHT_EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Passes to `onUncaught` each error that the app does not handle itself, with the promise if it is
 * a rejection, and what its own listeners throw.
 */
export function watchUncaught(
  held: HeldEvents<(typeof UNCAUGHT_EVENTS)[number]>,
  onUncaught: (error: unknown, promise?: Promise<unknown>) => void,
): void {
  for (const name of UNCAUGHT_EVENTS) {
    held.own(name, (error, ...rest) => {
      let isHandled: boolean;
      try {
        isHandled = held.emit(name, error, ...rest);
      } catch (thrown) {
        // Bun would end the process, and the requests with it.
        return onUncaught(thrown);
      }
      if (isHandled) return;
      const [promise] = rest;
      onUncaught(error, promise instanceof Promise ? promise : undefined);
    });
  }
}

const AT_MOST_EACH_MS = 1000;

/** Says how often something has happened: at once the first time, then at most once a second. */
export class Count {
  #times = 0;
  #waits = false;

  constructor(readonly say: (times: number) => void) {}

  add(): void {
    this.#times++;
    if (!this.#waits) this.#say();
  }

  #say(): void {
    this.say(this.#times);
    this.#times = 0;
    this.#waits = true;
    setTimeout(() => {
      this.#waits = false;
      if (this.#times > 0) this.#say();
    }, AT_MOST_EACH_MS).unref();
  }
}
