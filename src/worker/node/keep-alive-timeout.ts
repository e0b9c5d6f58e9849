// `keepAliveTimeout` of a program's server of node:http. The program reads what it has set, as many
// compute other limits from it. How long an idle connection stays is pounce's to say.
//
// When a response has ended, node:http gives its connection `keepAliveTimeout` and
// `keepAliveTimeoutBuffer` together. Bun does not document it; test/worker/node/bun.test.ts guards
// it. What clients are told is in each response, see node-handler.ts.
import type { Server } from "node:http";

/** For a timer that never ends: well below the most that a timer takes. */
const NEVER_MS = 2 ** 30;

/**
 * From now on node:http leaves idle connections open: it does not know whether a client's next
 * request has come.
 */
export function keepIdleOpen(server: Server): void {
  let given: unknown = server.keepAliveTimeout;
  define(server, "keepAliveTimeout", {
    // With none, node:http would let the program's own `timeout` end them.
    get: () => (isLimit(given) || server.timeout === 0 ? given : 1),
    set: (ms: unknown) => (given = ms),
  });
  define(server, "keepAliveTimeoutBuffer", {
    get: () => (isLimit(given) ? Math.max(NEVER_MS - given, 0) : NEVER_MS),
    set: () => undefined,
  });
}

/** From now on node:http closes idle connections after `limitMs`, where pounce cannot. */
export function closeIdleAfter(server: Server, limitMs: number): void {
  define(server, "keepAliveTimeout", { get: () => limitMs, set: () => undefined });
}

function isLimit(ms: unknown): ms is number {
  return Number.isFinite(ms) && (ms as number) > 0;
}

function define(server: Server, name: string, accessors: PropertyDescriptor): void {
  Object.defineProperty(server, name, { configurable: true, ...accessors });
}
