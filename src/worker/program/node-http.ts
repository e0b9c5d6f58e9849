// Finds the server of node:http that a captured server belongs to: only node:http knows it.
import type { Server } from "node:http";

type Emit = (this: Server, event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Resolves with the server of node:http that is about to listen, and will hold `facade` for its
 * server of Bun: in the next turn it says that it listens.
 */
export function nodeServerOf(facade: object): Promise<Server> {
  const { prototype } = process.getBuiltinModule("node:http").Server;
  const { promise, resolve } = Promise.withResolvers<Server>();
  const emit = prototype.emit as unknown as Emit;
  const own = Object.getOwnPropertyDescriptor(prototype, "emit");
  const watched: Emit = function (this: Server, event, ...args) {
    if (event === "listening" && symbolOf(this, facade) !== undefined) {
      if (own === undefined) Reflect.deleteProperty(prototype, "emit");
      else Object.defineProperty(prototype, "emit", own);
      resolve(this);
    }
    return emit.call(this, event, ...args);
  };
  const value = watched as unknown as Server["emit"];
  Object.defineProperty(prototype, "emit", { configurable: true, writable: true, value });
  return promise;
}

/** The symbol under which a server holds `value`. */
export function symbolOf(server: Server, value: unknown): symbol | undefined {
  return Object.getOwnPropertySymbols(server).find(
    (symbol) => Object.getOwnPropertyDescriptor(server, symbol)?.value === value,
  );
}
