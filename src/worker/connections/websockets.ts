// The open WebSockets of a worker, so that a drain can close them properly: all at once, or one
// after another.
import { type CloseFrame, type Farewell, farewellMs, GOING_AWAY } from "../../core/farewell.ts";
import { inContext } from "../../errors/context.ts";
import { Pace } from "../closing/pace.ts";
import { Turns } from "../closing/turns.ts";
import type { Client } from "../requests/client.ts";
import { onceSent } from "./backlog.ts";
import { connectionKey } from "./connection.ts";
import { publishToAll } from "./one-topic-space.ts";
import { isHandshake } from "./handshake.ts";
import type { Outcomes } from "../requests/outcome.ts";

/** The handlers whose errors are reported with where they were thrown. */
const NAMES = ["open", "message", "drain", "close", "ping", "pong"] as const;

type BunServer = Bun.Server<unknown>;
type Handlers = Bun.WebSocketHandler<unknown>;

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
  /** What the close frames say; undefined: nobody is to be closed. */
  #frame: CloseFrame | undefined;
  #turns = new Turns<Closable>([], Pace.still());
  #nextTurn: Timer | undefined;
  /** The keys of those that Bun has closed for us: it has nothing more to tell of them. */
  readonly #closed = new Set<string>();

  constructor(readonly outcomes: Outcomes) {}

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** The keys of their connections, see `connectionKey`. */
  get connections(): Iterable<string> {
    return this.#open.values();
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
    if (this.#frame !== undefined) this.#closeInTurn(closable);
  }

  /** It has been closed. */
  remove(closable: Closable): void {
    this.#open.delete(closable);
  }

  /** The app's handlers; `open` and `close` are noted on the way. */
  wrap(app: Handlers): Handlers {
    const handlers = { ...app };
    for (const name of NAMES) {
      const handler = handlers[name];
      if (handler === undefined) continue;
      const where = `the app's WebSocket ${name} handler`;
      Object.assign(handlers, { [name]: inContext(handler, where) });
    }
    return {
      ...handlers,
      open: (socket) => {
        this.#open.set(socket, this.#upgrading);
        if (this.#upgrader !== undefined) this.#servers.set(socket, this.#upgrader);
        if (this.#spread !== undefined) this.#publishToAll(socket);
        const result = handlers.open?.(socket);
        if (this.#frame !== undefined) this.#closeInTurn(socket);
        return result;
      },
      close: (socket, code, reason) => {
        this.#noteClosed(socket);
        return handlers.close?.(socket, code, reason);
      },
    };
  }

  /** Bun tells this as soon as it is asked to close it, and sends the rest afterwards. */
  #noteClosed(socket: Closable): void {
    const key = this.#open.get(socket);
    if (this.#frame !== undefined && key !== undefined) this.#closed.add(key);
    this.#open.delete(socket);
  }

  /**
   * Notes which connection each WebSocket of a server has, and opens none for a request that is no
   * handshake.
   *
   * @param number the server's, see `InFlight.server`
   * @param nobody who the client is where Bun does not know one; left out: unknown
   */
  watch(server: Bun.Server<unknown>, number: number, nobody: Client | null = null): void {
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
        const upgraded = upgrade(...args);
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
    // What a program has taken over is none of Bun's.
    if (this.#isSpread || !this.#servers.has(socket) || this.#spread === undefined) return;
    this.#isSpread = true;
    const prototype = Object.getPrototypeOf(socket) as object;
    publishToAll(prototype, (one) => this.#servers.get(one), this.#spread);
  }

  /**
   * Sends every client away; those that are about to open soon after. The latest call counts for
   * all that are not closed yet, but a stop is for good.
   * @param timeoutMs within which all have to go
   */
  closeAll({ frame, isPaced }: Farewell, timeoutMs: number): void {
    if (this.#frame?.code !== GOING_AWAY) this.#frame = frame;
    const overMs = isPaced ? farewellMs(this.count, timeoutMs) : 0;
    const pace = new Pace(this.count, overMs, performance.now());
    this.#turns = new Turns(this.#open.keys(), pace);
    this.#takeTurns();
  }

  #closeInTurn(socket: Closable): void {
    this.#turns.add(socket);
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
