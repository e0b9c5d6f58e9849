// The open WebSockets of a worker, so that a drain can close them properly: all at once, or one
// after another.
import { type CloseFrame, type Farewell, farewellMs, GOING_AWAY } from "../../core/farewell.ts";
import { inContext } from "../../errors/context.ts";
import { Turns } from "./turns.ts";
import type { Client } from "../requests/client.ts";
import { onceSent } from "./backlog.ts";
import { connectionKey } from "./connection.ts";
import { publishToAll } from "./one-topic-space.ts";
import { isHandshake } from "./handshake.ts";
import type { Outcomes } from "../requests/outcome.ts";
import type { Asked } from "../movable/asked.ts";
import type { Keeper } from "../movable/keeper.ts";
import { prepareMethods, terminate } from "../movable/moved.ts";

/** The handlers whose errors are reported with where they were thrown. */
const NAMES = ["open", "message", "drain", "close", "ping", "pong", "resume"] as const;

type BunServer = Bun.Server<unknown>;
type Socket = Bun.ServerWebSocket<unknown>;

/** What Bun knows, and what only pounce calls: `resume`, in place of `open`. */
interface Handlers extends Bun.WebSocketHandler<unknown> {
  readonly resume?: (socket: Socket, previous: unknown) => unknown;
}

/** What can be asked to end: a WebSocket of Bun, or a connection that a program has taken over. */
export interface Closable {
  /** Where it waits for something first, a later call says with what it is closed then. */
  close(code: number, reason: string): void;
  /** The close frame has been written, and the connection is still open. */
  readonly isAsked?: boolean;
  /** Bytes that `close` may lose, see backlog.ts. */
  getBufferedAmount?(): number;
}

export class WebSockets {
  /** Each with the key of its connection, on which no request is in flight. */
  readonly #open = new Map<Closable, string>();
  /**
   * The key of the connection that is being upgraded: Bun opens the WebSocket during the upgrade.
   */
  #upgrading = "";
  /** The server that upgrades it. */
  #upgrader: BunServer | undefined;
  readonly #servers = new WeakMap<object, BunServer>();
  /** Which server has got a request, where there are several. */
  readonly #owners = new WeakMap<Request, BunServer>();
  /** All servers, once there are several. */
  #spread: (() => readonly BunServer[]) | undefined;
  #isSpread = false;
  /** Is told what WebSockets of Bun publish, after they have; undefined: nobody is. */
  onPublished: ((...args: Parameters<BunServer["publish"]>) => void) | undefined;
  /** What the close frames say; undefined: nobody is to be closed. */
  #frame: CloseFrame | undefined;
  /** Also who opens from now on. */
  #closesAll = false;
  #turns = new Turns<Closable>(0, 0, 0);
  #nextTurn: Timer | undefined;
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

  /** It has been closed. */
  remove(closable: Closable): void {
    this.#open.delete(closable);
  }

  /** The app's handlers; `open` and `close` are noted on the way. */
  wrap(app: Handlers): Bun.WebSocketHandler<unknown> {
    const wrapped = { ...app };
    for (const name of NAMES) {
      const handler = wrapped[name];
      if (handler === undefined) continue;
      const where = `the app's WebSocket ${name} handler`;
      Object.assign(wrapped, { [name]: inContext(handler, where) });
    }
    const { resume, ...handlers } = wrapped;
    const open = (socket: Socket): unknown => {
      const asked = this.#asked;
      if (asked === undefined) return handlers.open?.(socket);
      const previous = asked.opened(socket);
      return resume === undefined ? handlers.open?.(socket) : resume(socket, previous);
    };
    const { keeper } = this;
    if (keeper !== undefined && handlers.message !== undefined) {
      handlers.message = counted(keeper, handlers.message);
    }
    return {
      ...handlers,
      open: (socket) => {
        this.#open.set(socket, this.#upgrading);
        if (this.#upgrader !== undefined) this.#servers.set(socket, this.#upgrader);
        // Before the methods of those that have moved: theirs are called first then.
        this.#publishToAll(socket);
        if (this.keeper !== undefined) prepareMethods(socket);
        this.keeper?.opened(socket);
        const result = open(socket);
        if (this.#closesAll && this.#asked === undefined) this.closeOne(socket);
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
  arrive(socket: Closable, key: string): void {
    if (!this.#open.has(socket)) return;
    this.#open.set(socket, key);
    this.#arrived.add(key);
    if (this.#closesAll) this.closeOne(socket);
  }

  /** Bun gives up its part of it, and the app does not hear of that. */
  letGo(socket: Socket): void {
    this.#silent.add(socket);
    this.#forget(socket);
    this.#servers.delete(socket);
    this.keeper?.forget(socket);
    terminate(socket);
  }

  /** Bun tells this as soon as it is asked to close it, and sends the rest afterwards. */
  #noteClosed(socket: Closable): void {
    const key = this.#open.get(socket);
    if (this.#frame !== undefined && key !== undefined) this.#closed.add(key);
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
        const owner = this.#owners.get(args[0]) ?? server;
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

  /**
   * From now on what one publishes reaches those of all servers, and `noteOwner` is called for each
   * request. @param servers those that there are
   */
  spreadOver(servers: () => readonly BunServer[]): void {
    this.#spread = servers;
    const [socket] = this.#open.keys();
    if (socket !== undefined) this.#publishToAll(socket);
  }

  /** Only this server can upgrade this request. */
  noteOwner(request: Request, server: BunServer): void {
    this.#owners.set(request, server);
  }

  #publishToAll(socket: Closable): void {
    const isWanted = this.#spread !== undefined || this.onPublished !== undefined;
    // What a program has taken over is none of Bun's.
    if (this.#isSpread || !isWanted || !this.#servers.has(socket)) return;
    this.#isSpread = true;
    publishToAll(Object.getPrototypeOf(socket) as object, {
      serverOf: (one) => this.#servers.get(one),
      servers: () => this.#spread?.() ?? [],
      onPublished: (...args) => this.onPublished?.(...(args as Parameters<BunServer["publish"]>)),
    });
  }

  /**
   * From now on, those that are closed hear this. The latest word counts, but a stop is for good.
   * @param timeoutMs within which all have to go
   */
  sayFarewell({ frame, isPaced }: Farewell, timeoutMs: number): void {
    if (this.#frame?.code !== GOING_AWAY) this.#frame = frame;
    const overMs = isPaced ? farewellMs(this.count, timeoutMs) : 0;
    this.#turns = new Turns(this.count, overMs, performance.now());
  }

  /** What they hear that are closed now; undefined: none is to be closed. */
  get frame(): CloseFrame | undefined {
    return this.#frame;
  }

  /** Closes every one in its turn, the oldest first; those that are about to open are next then. */
  closeAll(): void {
    this.#closesAll = true;
    const nowMs = performance.now();
    for (const socket of [...this.#open.keys()].toReversed()) this.#turns.add(socket, nowMs);
    this.#takeTurns();
  }

  /** Closes one as soon as it is its turn, and all that was sent to it has gone. */
  closeOne(socket: Closable): void {
    this.#turns.add(socket, performance.now());
    this.#takeTurns();
  }

  #takeTurns(): void {
    clearTimeout(this.#nextTurn);
    const nowMs = performance.now();
    for (const socket of this.#turns.take(nowMs, (it) => this.#open.has(it))) this.#close(socket);
    const { nextMs } = this.#turns;
    if (nextMs === undefined) return;
    this.#nextTurn = setTimeout(() => this.#takeTurns(), Math.max(1, nextMs - nowMs));
    this.#nextTurn.unref();
  }

  #close(socket: Closable): void {
    onceSent(
      () => socket.getBufferedAmount?.() ?? 0,
      () => {
        if (this.#frame !== undefined) socket.close(this.#frame.code, this.#frame.reason);
      },
    );
  }
}

type Message = NonNullable<Handlers["message"]>;

/** What is still going on for a WebSocket is known: until then it does not move. */
function counted(keeper: Keeper, message: Message): Message {
  return (socket, data) => {
    const result: unknown = message(socket, data);
    if (result instanceof Promise) keeper.runs(socket, result);
    return result as undefined;
  };
}
