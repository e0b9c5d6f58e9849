// HTTP for few clients, such as Prometheus or a command: one request per connection, without a
// body. However slow or many its clients are, they must never hold up the master or use up its
// descriptors. `Bun.serve` limits neither the number of connections nor the time that a client may
// take to read.
import { descriptorLimit } from "../os/shortage.ts";
import { type Limits, SmallClient, type SmallSocket } from "./small-client.ts";

export type { Limits } from "./small-client.ts";

/** The limit when there are enough descriptors. */
const MOST_CONNECTIONS = 64;
/** One descriptor in this many may be such a connection; the workers' come first. */
const SHARE_OF_DESCRIPTORS = 16;
const LEAST_CONNECTIONS = 4;
const REQUEST_MS = 5000;
const READ_MS = 10_000;
/**
 * A client that has just connected is about to say something, so when many connect at once, none
 * counts as silent yet: on a busy machine a hundred commands take two seconds to start.
 */
const FRESH_MS = 2000;
/**
 * How long a client's data is read before the client is refused: data left unread would turn the
 * refusal into a reset.
 */
const REFUSE_MS = 100;
/** How often the time limits are checked. */
const SWEEP_MS = 250;

export type Fetch = (request: Request) => Response | Promise<Response>;

type Place = { readonly unix: string } | { readonly hostname: string; readonly port: number };

export interface SmallServer {
  /** Answers with `fetch` from now on. */
  use(fetch: Fetch): void;
  /** Stops accepting. Resolves when all clients have been answered; `force` closes the others. */
  stop(force?: boolean): Promise<void>;
}

/**
 * Listens. Throws where that is impossible.
 * @param onError gets each error that a request has caused
 */
export function serveFew(
  place: Place,
  fetch: Fetch,
  onError: (error: unknown) => void,
  limits: Limits = usualLimits(),
): SmallServer {
  const clients = new Clients(fetch, onError, limits);
  const listener = Bun.listen<SmallClient>({
    ...(place as { hostname: string; port: number }),
    // A client may have nothing more to say and still wait for the answer.
    allowHalfOpen: true,
    socket: {
      open: (socket) => clients.opened(socket),
      data: (socket, bytes) => void socket.data?.received(bytes),
      drain: (socket) => socket.data?.writable(),
      close: (socket) => clients.closed(socket),
      error: (socket) => void socket.terminate(),
      end: () => undefined,
    },
  });
  return {
    use: (next) => void (clients.fetch = next),
    async stop(force = false) {
      listener.stop();
      if (force) clients.terminate();
      await clients.untilNone();
    },
  };
}

class Clients {
  readonly #sockets = new Set<SmallSocket>();
  /** Clients that are about to be refused. */
  #refused = 0;
  #none = Promise.withResolvers<void>();
  #sweep: ReturnType<typeof setInterval> | undefined;

  constructor(
    public fetch: Fetch,
    readonly onError: (error: unknown) => void,
    readonly limits: Limits,
  ) {}

  opened(socket: SmallSocket): void {
    socket.data = new SmallClient(socket, this.limits, (request) => this.#answer(request));
    const isFull = this.#sockets.size >= this.limits.connections;
    if (isFull && !this.#endSilent()) return this.#refuse(socket);
    this.#sockets.add(socket);
    this.#sweep ??= setInterval(() => this.#endSlow(), SWEEP_MS);
    this.#sweep.unref();
  }

  #refuse(socket: SmallSocket): void {
    const client = socket.data;
    if (this.#refused >= this.limits.connections) return client.refuse();
    this.#refused++;
    client.isAnswered = true;
    setTimeout(() => {
      this.#refused--;
      client.refuse();
    }, REFUSE_MS).unref();
  }

  closed(socket: SmallSocket): void {
    socket.data?.gone();
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#none.resolve();
    this.#none = Promise.withResolvers<void>();
  }

  terminate(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  async untilNone(): Promise<void> {
    if (this.#sockets.size > 0) await this.#none.promise;
  }

  /**
   * Makes room: ends the silent client that came first, since it has had the longest time to speak.
   */
  #endSilent(): boolean {
    for (const socket of this.#sockets) {
      if (socket.data.isAnswered || socket.data.ageMs < this.limits.freshMs) continue;
      socket.terminate();
      this.#sockets.delete(socket);
      return true;
    }
    return false;
  }

  #endSlow(): void {
    const nowMs = performance.now();
    for (const socket of this.#sockets) if (socket.data.isLate(nowMs)) socket.terminate();
  }

  async #answer(request: Request): Promise<Response> {
    try {
      return await this.fetch(request);
    } catch (error) {
      this.onError(error);
      return new Response("Internal error\n", { status: 500 });
    }
  }
}

/** What the limit of descriptors leaves for clients. */
function usualLimits(): Limits {
  const soft = descriptorLimit()?.soft ?? Infinity;
  const share = Math.floor(soft / SHARE_OF_DESCRIPTORS);
  const connections = Math.max(LEAST_CONNECTIONS, Math.min(MOST_CONNECTIONS, share));
  return { connections, freshMs: FRESH_MS, requestMs: REQUEST_MS, readMs: READ_MS };
}
