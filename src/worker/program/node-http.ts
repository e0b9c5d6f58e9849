// Finds the server of node:http that a captured server belongs to: only node:http knows it.
import type { Server } from "node:http";

type NextTick = typeof process.nextTick;

/**
 * Resolves with the server of node:http that calls `Bun.serve` now, and will hold `facade` for its
 * server of Bun; with undefined if there is none.
 *
 * As soon as it has that, it puts off the event `listening` to the next tick, and so passes itself
 * to `process.nextTick`. The event itself would be too late: a program may replace `emit`, or have
 * several servers in one turn. Bun does not document it; test/worker/node/bun.test.ts guards it.
 */
export function nodeServerOf(facade: object): Promise<Server | undefined> {
  const { promise, resolve } = Promise.withResolvers<Server | undefined>();
  const own = Object.getOwnPropertyDescriptor(process, "nextTick") as PropertyDescriptor;
  const { nextTick } = process;
  const end = (server?: Server): void => {
    if (process.nextTick === watched) Object.defineProperty(process, "nextTick", own);
    resolve(server);
  };
  const watched = ((callback: () => void, ...args: unknown[]): void => {
    const server = args.find((value): value is Server => holds(value, facade));
    if (server !== undefined) end(server);
    nextTick.call(process, callback, ...(args as []));
  }) as NextTick;
  Object.defineProperty(process, "nextTick", { ...own, value: watched });
  queueMicrotask(() => end());
  return promise;
}

function holds(value: unknown, facade: object): boolean {
  return typeof value === "object" && value !== null && symbolOf(value, facade) !== undefined;
}

/** The symbol under which a server holds `value`. */
export function symbolOf(server: object, value: unknown): symbol | undefined {
  return Object.getOwnPropertySymbols(server).find(
    (symbol) => Object.getOwnPropertyDescriptor(server, symbol)?.value === value,
  );
}
