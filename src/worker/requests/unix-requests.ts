// Which requests on Unix sockets are in flight. Of such a request Bun does not tell where it comes
// from, and so neither whether it has ended (see in-flight.ts). But it tells how many there are.
//
// So each is kept until there are fewer than are known: then as many as are too many have ended. A
// handler that has not answered yet is one of those that have not; among the others a stream takes
// longest.
import { isResponse } from "../http/native.ts";
import type { Fetch, Layer } from "../http/layer.ts";
import { isStream } from "../http/response-body.ts";
import type { Tracked } from "./in-flight.ts";

/** How many may be known beyond those that are in flight, before the ended ones are forgotten. */
const SPARE = 64;

type BunServer = Bun.Server<unknown>;

export class UnixRequests implements Layer {
  /** Each with what its handler has returned, in the order in which they came. */
  readonly #known = new Map<Tracked, unknown>();
  readonly #servers = new Set<BunServer>();

  /** A server that listens on a Unix socket. */
  add(server: BunServer): void {
    this.#servers.add(server);
  }

  /** Whether a server listens on a Unix socket. */
  isOn(server: BunServer): boolean {
    return this.#servers.has(server);
  }

  wrap(handler: Fetch): Fetch {
    return (request, server) => {
      if (!this.#servers.has(server)) return handler(request, server);
      if (this.#known.size >= 2 * this.#pending + SPARE) this.#forgetEnded();
      this.#known.set(request, PENDING);
      const result = handler(request, server);
      this.#known.set(request, result);
      return result;
    };
  }

  /** Whether a request came over a Unix socket, and is in flight. */
  has(request: Tracked): boolean {
    if (!this.#known.has(request)) return false;
    this.#forgetEnded();
    return this.#known.has(request);
  }

  get #pending(): number {
    let pending = 0;
    for (const { pendingRequests } of this.#servers) pending += pendingRequests;
    return pending;
  }

  #forgetEnded(): void {
    let surplus = this.#known.size - this.#pending;
    if (surplus <= 0) return;
    const answered = [...this.#known].filter(([, result]) => isAnswered(result));
    const isChoice = answered.length > surplus;
    const ended = isChoice ? answered.toSorted(([, a], [, b]) => rank(a) - rank(b)) : answered;
    for (const [request] of ended) if (surplus-- > 0) this.#known.delete(request);
  }
}

/** Its handler has not returned. */
const PENDING = new Promise<never>(() => {});

function isAnswered(result: unknown): boolean {
  return !(result instanceof Promise) || Bun.peek.status(result) !== "pending";
}

/** What probably ends last has the highest. */
function rank(result: unknown): number {
  const response: unknown = result instanceof Promise ? Bun.peek(result) : result;
  return isResponse(response) && isStream(response) ? 1 : 0;
}
