// Whether anything of the program keeps its process alive: a timer, a socket, a server, a child.
//
// Under `bun` a program ends when nothing does, and Bun emits `beforeExit` then. A worker lives on,
// because pounce holds it. It lets go only while it waits for that moment, and takes hold again in
// the listener of `beforeExit`, before Bun would end the process. All that pounce itself has open
// for the life of a worker is unref'ed, so that only what is the program's counts.
import type { HeldEvents } from "./held-events.ts";

/** The longest time that a timer takes. Each time it passes, nothing happens. */
const FOREVER_MS = 2 ** 31 - 1;

let hold: ReturnType<typeof setInterval> | undefined;
const waiting = new Set<() => void>();

/** Keeps this process alive from now on, whatever the program does. */
export function holdProcess(held: HeldEvents<"beforeExit">): void {
  hold = setInterval(() => undefined, FOREVER_MS);
  held.own("beforeExit", () => {
    hold?.ref();
    for (const tell of waiting) tell();
  });
}

/**
 * Resolves with true when nothing of the program keeps its process alive any more, or with false
 * when `signal` is aborted before that. What counts is what `bun` would wait for. So a module that
 * is still being evaluated must not be judged by this: Bun waits for its top-level `await` anyway.
 */
export function untilNothingIsAlive(signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const settle = (isNothingAlive: boolean): void => {
    waiting.delete(tell);
    signal.removeEventListener("abort", stop);
    if (waiting.size === 0) hold?.ref();
    resolve(isNothingAlive);
  };
  const tell = (): void => settle(true);
  const stop = (): void => settle(false);
  if (signal.aborted) return Promise.resolve(false);
  signal.addEventListener("abort", stop);
  waiting.add(tell);
  // Bun emits `beforeExit` only after a turn of the event loop. Without one it ends the process.
  setImmediate(() => waiting.has(tell) && hold?.unref());
  return promise;
}
