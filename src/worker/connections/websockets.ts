// The open WebSockets of a worker, and which connection each has, so that a drain can close them
// properly, or move them.
import type { CloseFrame, Farewell } from "../../core/farewell.ts";
import type { Asked } from "../movable/asked.ts";
import type { Closable } from "../movable/closable.ts";
import type { Keeper } from "../movable/keeper.ts";
import { prepareMethods, terminate } from "../movable/moved.ts";
import type { Client } from "../requests/client.ts";
import type { Outcomes } from "../requests/outcome.ts";
import { connectionKey } from "./connection.ts";
import { Farewells } from "./farewells.ts";
import { isHandshake } from "./handshake.ts";
import { SocketServers } from "./socket-servers.ts";
import { namedHandlers, opened, type WebSocketHandlers } from "./websocket-handlers.ts";

type BunServer = Bun.Server<unknown>;
type Socket = Bun.ServerWebSocket<unknown>;

export class WebSockets {
  /** Each with the key of its connection, on which no request is in flight. */
  readonly #open = new Map<Closable, string>();
  /**
   * The key of the connection that is being upgraded: Bun opens the WebSocket during the upgrade.
   */
  #upgrading = "";
  /** The server that upgrades it. */
  #upgrader: BunServer | undefined;
  readonly #servers = new SocketServers();
  readonly #farewells = new Farewells((one) => this.#open.has(one));
  /** Also who opens from now on. */
  #closesAll = false;
  /** Those that cannot move, also who opens from now on. */
  #closesUnfit = false;
  /** The keys of those that Bun has closed for us: it has nothing more to tell of them. */
  readonly #closed = new Set<string>();
  /** Keeps what it takes to carry them to another worker; undefined: nothing is kept. */
  keeper: Keeper | undefined;
  /** What is upgraded now was asked for by pounce. */
  #asked: Asked | undefined;
  /** The keys of those that are between two workers. */
  readonly #moving = new Set<string>();
  /** The keys of those that have come from another worker. */
  readonly #arrived = new Set<string>();
  #appCloses: WebSocketHandlers["close"];
  /** The app hears nothing of their end. */
  readonly #silent = new WeakSet<Closable>();

  constructor(readonly outcomes: Outcomes) {}

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** The keys of their connections, see `connectionKey`. */
  get connections(): Iterable<string> {
    return this.#moving.size === 0
      ? this.#open.values()
      : [...this.#open.values(), ...this.#moving];
  }

  /** A connection of which this worker has a descriptor, and Bun has none; or that is over. */
  noteMoving(key: string, isMoving: boolean): void {
    if (isMoving) this.#moving.add(key);
    else this.#moving.delete(key);
  }

  /** The keys of those that have been sent a close frame by us, and may not have answered it. */
  get asked(): ReadonlySet<string> {
    const asked = new Set(this.#closed);
    for (const [closable, key] of this.#open) if (closable.isAsked) asked.add(key);
    return asked;
  }

  /** Forgets those that Bun has closed for us whose connections have ended: not in `open`. */
  forgetEnded(open: { has(key: string): boolean }): void {
    for (const key of this.#closed) if (!open.has(key)) this.#closed.delete(key);
  }

  /** One more is open. @param key of its connection, see `connectionKey` */
  add(closable: Closable, key: string): void {
    this.#open.set(closable, key);
    if (this.#closesAll) this.closeOne(closable);
  }

  /** A program has answered the upgrade: from now on it is known whether it can move. */
  answered(closable: Closable): void {
    if (this.#closesUnfit && closable.isUnfit === true) this.closeOne(closable);
  }

  /** It has been closed. */
  remove(closable: Closable): void {
    this.#forget(closable);
  }

  /** The app's handlers; `open` and `close` are noted on the way. */
  wrap(app: WebSocketHandlers): Bun.WebSocketHandler<unknown> {
    const named = namedHandlers(app, this.keeper);
    const { resume: _, ...handlers } = named;
    this.#appCloses = handlers.close;
    return {
      ...handlers,
      open: (socket) => {
        const asked = this.#asked;
        this.#open.set(socket, this.#upgrading);
        // Before the methods of those that have moved: theirs are called first then.
        if (this.#upgrader !== undefined) this.#servers.opened(socket, this.#upgrader);
        if (this.keeper !== undefined) prepareMethods(socket);
        this.keeper?.opened(socket, asked !== undefined);
        const result = opened(named, socket, asked);
        if (this.#closesAll && asked === undefined) this.closeOne(socket);
        return result as undefined;
      },
      close: (socket, code, reason) => {
        this.#noteClosed(socket);
        this.keeper?.closed(socket);
        if (this.#silent.has(socket)) return undefined;
        return handlers.close?.(socket, code, reason);
      },
    };
  }

  /** The key of its connection; undefined: it is not open. */
  keyOf(socket: Closable): string | undefined {
    return this.#open.get(socket);
  }

  /**
   * Whether a connection came here as a WebSocket, or is on its way: it may have been quiet for
   * long, though it is new here.
   */
  hasMoved(key: string): boolean {
    return this.#moving.has(key) || this.#arrived.has(key);
  }

  /** It has got the connection of its client. @param key of that one */
  arrive(socket: Socket, key: string): void {
    const closable = this.keeper?.closableOf(socket) ?? socket;
    if (!this.#open.has(closable)) return;
    this.#open.set(closable, key);
    this.#arrived.add(key);
    this.keeper?.arrived(socket);
    if (this.#closesAll) this.closeOne(closable);
  }

  /** Bun gives up its part of it. @param isSilent whether the app does not hear of that */
  letGo(socket: Socket, { isSilent }: { readonly isSilent: boolean }): void {
    if (isSilent) this.#silent.add(socket);
    this.#forget(this.keeper?.closableOf(socket) ?? socket);
    this.#servers.forget(socket);
    this.keeper?.forget(socket);
    terminate(socket);
  }

  /** One that Bun has given up has been closed all the same: the app hears of that, as of any. */
  closedElsewhere(socket: Socket, code: number, reason: string): void {
    const close = this.#appCloses;
    // What it throws is nobody's here, as if Bun had called it.
    if (close !== undefined) queueMicrotask(() => void close(socket, code, reason));
  }

  /** Bun tells this as soon as it is asked to close it, and sends the rest afterwards. */
  #noteClosed(socket: Closable): void {
    const key = this.#open.get(socket);
    if (this.frame !== undefined && key !== undefined) this.#closed.add(key);
    this.#forget(socket);
  }

  #forget(socket: Closable): void {
    const key = this.#open.get(socket);
    if (key !== undefined) this.#arrived.delete(key);
    this.#open.delete(socket);
  }

  /**
   * Notes which connection each WebSocket of a server has, and opens none for a request that is no
   * handshake.
   *
   * @param number the server's, see `InFlight.server`
   * @param nobody who the client is where Bun does not know one; left out: unknown
   * @param askedFor which of its requests are pounce's own; left out: none
   */
  watch(
    server: Bun.Server<unknown>,
    number: number,
    nobody: Client | null = null,
    askedFor?: (request: Request) => Asked | undefined,
  ): void {
    const upgrade = server.upgrade.bind(server);
    Object.defineProperty(server, "upgrade", {
      configurable: true,
      value: (...args: Parameters<typeof upgrade>) => {
        // An app may hold on to a server that has a successor by now.
        const owner = this.#servers.of(args[0]) ?? server;
        if (owner !== server) return owner.upgrade(...args);
        const client = server.requestIP(args[0]) ?? nobody;
        if (!isHandshake(args[0].headers)) return false;
        this.#upgrading = client === null ? "" : connectionKey(number, client);
        this.#upgrader = server;
        this.#asked = askedFor?.(args[0]);
        this.keeper?.noteUpgrade(args[0], args[1]?.headers);
        const upgraded = upgrade(...args);
        this.#asked = undefined;
        if (upgraded) this.outcomes.noteUpgrade(args[0]);
        return upgraded;
      },
    });
  }

  /** Is told what WebSockets of Bun publish, after they have; undefined: nobody is. */
  set onPublished(told: SocketServers["onPublished"]) {
    this.#servers.onPublished = told;
  }

  get onPublished(): SocketServers["onPublished"] {
    return this.#servers.onPublished;
  }

  /**
   * From now on what one publishes reaches those of all servers, and `noteOwner` is called for each
   * request. @param servers those that there are
   */
  spreadOver(servers: () => readonly BunServer[]): void {
    const [socket] = this.#open.keys();
    this.#servers.spreadOver(servers, socket);
  }

  /** Only this server can upgrade this request. */
  noteOwner(request: Request, server: BunServer): void {
    this.#servers.noteRequest(request, server);
  }

  /** See `Farewells.say`. */
  sayFarewell(farewell: Farewell, timeoutMs: number): void {
    this.#farewells.say(farewell, this.count, timeoutMs);
  }

  /** How long after one another they are closed. */
  get eachMs(): number {
    return this.#farewells.eachMs;
  }

  /** See `Farewells.sayAgain`. */
  sayFarewellAgain(timeoutMs: number): void {
    this.#farewells.sayAgain(this.count, timeoutMs);
  }

  /** What they hear that are closed now; undefined: none is to be closed. */
  get frame(): CloseFrame | undefined {
    return this.#farewells.frame;
  }

  /** Closes every one in its turn, the oldest first; those that are about to open are next then. */
  closeAll(): void {
    this.#closesAll = true;
    this.#farewells.close([...this.#open.keys()]);
  }

  /**
   * Closes every one that nobody keeps, as nothing in it can move; also who opens from now on.
   * Returns how many there are.
   */
  closeUnfit(): number {
    this.#closesUnfit = true;
    const unfit = [...this.#open.keys()].filter(({ isUnfit }) => isUnfit === true);
    this.#farewells.close(unfit);
    return unfit.length;
  }

  /** Closes one as soon as it is its turn, and all that was sent to it has gone. */
  closeOne(socket: Closable): void {
    this.#farewells.close([socket]);
  }
}
