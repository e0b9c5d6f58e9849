// Which of Bun's servers has which WebSocket, and which request: while there are several, apps see
// one, and what is published reaches the WebSockets of all.
import { publishToAll } from "./one-topic-space.ts";

type BunServer = Bun.Server<unknown>;
type Publish = (...args: Parameters<BunServer["publish"]>) => void;

export class SocketServers {
  readonly #ofSockets = new WeakMap<object, BunServer>();
  /** Which server has got a request, where there are several. */
  readonly #ofRequests = new WeakMap<Request, BunServer>();
  /** All servers, once there are several. */
  #all: (() => readonly BunServer[]) | undefined;
  #isSpread = false;
  /** Is told what WebSockets of Bun publish, after they have; undefined: nobody is. */
  onPublished: Publish | undefined;

  /** It was opened by this server. */
  opened(socket: object, server: BunServer): void {
    this.#ofSockets.set(socket, server);
    this.#spread(socket);
  }

  forget(socket: object): void {
    this.#ofSockets.delete(socket);
  }

  /** Only this server can upgrade this request. */
  noteRequest(request: Request, server: BunServer): void {
    this.#ofRequests.set(request, server);
  }

  /** The server that can upgrade a request; undefined: the one that was asked to. */
  of(request: Request): BunServer | undefined {
    return this.#ofRequests.get(request);
  }

  /**
   * From now on what one publishes reaches those of all servers.
   * @param servers those that there are
   * @param socket one that is open; undefined: there is none
   */
  spreadOver(servers: () => readonly BunServer[], socket: object | undefined): void {
    this.#all = servers;
    if (socket !== undefined) this.#spread(socket);
  }

  #spread(socket: object): void {
    const isWanted = this.#all !== undefined || this.onPublished !== undefined;
    // What a program has taken over is none of Bun's.
    if (this.#isSpread || !isWanted || !this.#ofSockets.has(socket)) return;
    this.#isSpread = true;
    publishToAll(Object.getPrototypeOf(socket) as object, {
      serverOf: (one) => this.#ofSockets.get(one),
      servers: () => this.#all?.() ?? [],
      onPublished: (...args) => this.onPublished?.(...(args as Parameters<BunServer["publish"]>)),
    });
  }
}
