// A server of node:http that the program has started: makes it listen on pounce's addresses.
//
// Its `listen` ends in a method that starts a server of Bun and gives it everything that node:http
// wants of it: the limits of the head, the events `connection` and `clientError`. That method is
// called once more for each of our addresses, so a request comes to the program as it would
// without pounce. Bun does not document it; test/worker/node/bun.test.ts guards it.
import type { Server } from "node:http";
import type { ServeOptions } from "../http/serve-options.ts";
import type { Capture } from "../program/capture.ts";
import type { CapturedServer } from "../program/captured-server.ts";
import { symbolOf } from "../program/node-http.ts";

type BunServer = Bun.Server<unknown>;
type Serve = (options: ServeOptions) => BunServer;
type Symbols = Record<symbol, unknown>;
type Emit = (this: Server, event: string | symbol, ...args: unknown[]) => boolean;
type Listen = (this: Server, ...args: unknown[]) => void;
/** Where to listen, as `Bun.serve` takes it, and whether with TLS. */
interface Place {
  readonly tls?: unknown;
  readonly host: unknown;
  readonly port: unknown;
  readonly unix?: unknown;
}
/** The method that starts a server of Bun, and where it is. */
interface RealListen {
  readonly symbol: symbol;
  readonly method: Listen;
}

const LISTEN = "kRealListen";
/** Holds the timer that enforces limits such as `headersTimeout`. */
const LIMITS = "http.server.connectionsCheckingInterval";
/** What it changes in the server, apart from Bun's server itself. */
const GENERATION = "http.server.listenerGeneration";

/** Its options for TLS; null: none. Unless it is null, its connections say that they have it. */
const TLS = "tls";

/** Sees an event of a server of node:http. Returns false if nobody else is to see it. */
export type OnEvent = (event: string | symbol, first: unknown, second: unknown) => boolean;

export class NodeServer {
  readonly #serverSymbol: symbol | undefined;
  readonly #realListen: RealListen | undefined;
  /** The program's own options for TLS. */
  readonly #tls: unknown;

  constructor(
    readonly server: Server,
    readonly captured: CapturedServer,
    readonly capture: Capture,
  ) {
    this.#serverSymbol = symbolOf(server, captured.facade);
    this.#realListen = realListenOf(server);
    const tls = symbolNamed(server, TLS);
    this.#tls = tls === undefined ? undefined : (server as unknown as Symbols)[tls];
  }

  /**
   * From now on the program may close the server, and listen again: it sees what it would see
   * without pounce, and nobody else sees any of it. Its limits for requests count on meanwhile.
   */
  listenUnseen(): void {
    const { server, captured, capture } = this;
    const listen = this.#realListen;
    if (listen === undefined) return;
    const own = this.#tls;
    const value = (_tls: unknown, ...args: unknown[]): void =>
      capture.listenAgain(captured, () => listen.method.call(server, own, ...args));
    Object.defineProperty(server, listen.symbol, { configurable: true, writable: true, value });
    // What `close` does not find goes on.
    const limits = symbolNamed(server, LIMITS);
    if (limits !== undefined) (server as unknown as Symbols)[limits] = undefined;
  }

  /**
   * From now on the program sees of each connection that it is encrypted, as pounce has it. Where
   * the program itself listens, it does so as before.
   */
  seemEncrypted(): void {
    const own = this.server as unknown as Symbols;
    const symbol = symbolNamed(this.server, TLS);
    if (symbol !== undefined) own[symbol] ??= {};
  }

  /**
   * Listens once more, which the program does not see.
   * @param serve makes the server of Bun, of the options that node:http has for it
   */
  listen(host: string, port: number, serve: Serve): BunServer {
    const own = this.server as unknown as Symbols;
    const symbols = [this.#serverSymbol, symbolNamed(this.server, GENERATION)];
    const kept = symbols.map((symbol) => ({ symbol, value: symbol && own[symbol] }));
    const made = this.#listen(serve, { host, port });
    for (const { symbol, value } of kept) if (symbol !== undefined) own[symbol] = value;
    return made;
  }

  /**
   * Listens as the program has asked for: from now on it has a real server. Why that fails is told
   * to the program, and thrown if it does not listen for that.
   */
  listenItself(serve: Serve): void {
    const { tls, hostname: host, port, unix } = this.captured.ownOptions;
    try {
      this.#listen(serve, { tls, host, port, unix });
    } catch (error) {
      this.server.emit("error", error as Error);
    }
  }

  #listen(serve: Serve, { tls, host, port, unix }: Place): BunServer {
    const { server } = this;
    const listen = this.#realListen;
    if (listen === undefined) return serve(this.captured.options);
    let made: BunServer | undefined;
    const unmute = muteListening(server);
    try {
      this.capture.serveWith(
        (options) => (made = serve(options)),
        () => listen.method.call(server, tls, port, host, unix, true),
      );
      if (made === undefined) throw new Error("node:http has not listened");
      return made;
    } catch (error) {
      unmute();
      throw error;
    }
  }

  /** Asks `onEvent` about each of its events first. */
  watch(onEvent: OnEvent): void {
    const own = Object.getOwnPropertyDescriptor(this.server, "emit")?.value as Emit | undefined;
    // Looked up for each event: what traces a program may replace it later.
    const inherited = Object.getPrototypeOf(this.server) as { readonly emit: Emit };
    replaceEmit(this.server, function (event, first, second, ...rest) {
      if (!onEvent(event, first, second)) return true;
      const emit = own ?? inherited.emit;
      // The event of the request path is passed on without a list of arguments.
      if (event === "request") return emit.call(this, event, first, second);
      return emit.call(this, event, first, second, ...rest);
    });
  }
}

/** Keeps the next event `listening` from the program. @returns ends that, as none will come */
function muteListening(server: Server): () => void {
  const emit = server.emit as unknown as Emit;
  const own = Object.getOwnPropertyDescriptor(server, "emit");
  const unmute = (): void => {
    if (own === undefined) Reflect.deleteProperty(server, "emit");
    else Object.defineProperty(server, "emit", own);
  };
  replaceEmit(server, function (event, ...args) {
    if (event !== "listening") return emit.call(this, event, ...args);
    unmute();
    return true;
  });
  return unmute;
}

function replaceEmit(server: Server, emit: Emit): void {
  const value = emit as unknown as Server["emit"];
  Object.defineProperty(server, "emit", { configurable: true, writable: true, value });
}

function symbolNamed(server: Server, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(server).find(({ description }) => description === name);
}

function realListenOf(server: object): RealListen | undefined {
  for (let it: object | null = server; it !== null; it = Object.getPrototypeOf(it)) {
    const symbol = Object.getOwnPropertySymbols(it).find(
      ({ description }) => description === LISTEN,
    );
    if (symbol !== undefined) return { symbol, method: Reflect.get(it, symbol) as Listen };
  }
  return undefined;
}
