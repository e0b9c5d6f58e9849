// Takes the servers that an app's program starts, in place of listening: most services export no
// app, they listen. `Bun.serve` is replaced before the app's module is imported; node:http, and so
// everything built on it, goes through it too.
//
// Once the program has loaded, one of its servers is chosen to be served by pounce, see choose.ts.
// All others, and those that it starts later, really listen on their own port.
import type { TcpAddress } from "../../net/address.ts";
import { NativeResponse, nativeServe } from "../http/native.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { type ServeOptions, whatBunReads } from "../http/serve-options.ts";
import { CapturedServer, portOf } from "./captured-server.ts";
import { asksFor, type Candidate, mayBeChosen } from "./choose.ts";

type Serve = (options: ServeOptions) => Bun.Server<unknown>;

/** The address that a program sees where none is known, as in `pounce check`. */
const NOWHERE: TcpAddress = { host: "127.0.0.1", port: 0 };
const LAST_PORT = 65_535;

export class Capture {
  readonly #captured: CapturedServer[] = [];
  /** The ports of those that could not be chosen when they were started. */
  readonly #passed: number[] = [];
  /** A server for a port of ours was waited for in vain. */
  hasWaited = false;
  #next = Promise.withResolvers<void>();
  /** Answers the next call of `Bun.serve`. */
  #serve: Serve;

  /**
   * Replaces `Bun.serve` from now on.
   * @param addresses where pounce will listen; the program sees the first as its own
   * @param isSecure pounce serves over TLS, whether or not the program would
   */
  constructor(
    readonly addresses: readonly TcpAddress[],
    readonly isSecure = false,
  ) {
    this.#serve = (options) => this.#capture(options);
    Reflect.set(Bun, "serve", (options: ServeOptions) => {
      const complete = this.#withPort(whatBunReads(Object(options)));
      // Bun refuses it, in its own words.
      return isValid(complete) ? this.#serve(complete) : nativeServe(options as never);
    });
  }

  /** Those that the program has started, but for what it has stopped again. */
  get servers(): readonly CapturedServer[] {
    return this.#captured.filter(({ isStopped }) => !isStopped);
  }

  /** The particular ports that servers of the program ask for, but for `chosen`. */
  portsBeside(chosen: CapturedServer): number[] {
    const others = this.servers.filter((it) => it !== chosen).map(({ port }) => port ?? 0);
    return [...others, ...this.#passed].filter((port) => port > 0);
  }

  /**
   * Resolves when the program has started a server, and has had a turn to go on: what it does right
   * after that, such as Elysia's `reload`. A program that tries whether its port is free stops its
   * first server in that turn.
   */
  async hasStarted(): Promise<void> {
    do {
      if (this.servers.length === 0) await this.#next.promise;
      await nextTurn();
    } while (this.servers.length === 0);
  }

  /** Resolves when none is missing, see `isMainMissing`. */
  async hasMain(): Promise<void> {
    while (this.isMainMissing) {
      await this.#next.promise;
      await nextTurn();
    }
  }

  /**
   * Whether there are some, and none asks for our port, which the program knows by `PORT`: its main
   * one may be still to come.
   */
  get isMainMissing(): boolean {
    return this.servers.length > 0 && !this.ports.includes(0) && !this.hasOurs;
  }

  #takesAnyPort({ port }: Candidate): boolean {
    return port === 0 && !this.ports.includes(0);
  }

  /** Whether one of them asks for a port of ours. */
  get hasOurs(): boolean {
    return this.servers.some(({ port }) => asksFor(port, this.ports));
  }

  /**
   * From now on what the program starts really listens.
   * @param onLate the program starts its main server when pounce serves another one
   */
  end(onLate: (port: number) => void): void {
    this.#serve = (options) => {
      if (!this.#isOurs(options)) return listenOnOwnPort(options);
      const port = Number(portOf(options));
      if (this.isMainMissing) onLate(port);
      throw isServed(port);
    };
  }

  /**
   * Runs `listen`, in which the program's server of node:http that is served listens again, since
   * the program had closed it. Only on another port is it also what the program says.
   */
  listenAgain(served: CapturedServer, listen: () => void): void {
    const other = this.#serve;
    const isHome = (options: ServeOptions): boolean =>
      this.#isOurs(options) || portOf(options) === served.port;
    this.serveWith(
      (options) => (isHome(options) ? served.listenUnseen(options) : other(options)),
      listen,
    );
  }

  /** Runs `action`, in which `serve` answers the calls of `Bun.serve`. */
  serveWith(serve: Serve, action: () => void): void {
    const before = this.#serve;
    this.#serve = serve;
    try {
      action();
    } finally {
      this.#serve = before;
    }
  }

  /** Who names no port leaves it to the environment, in which ours is: see environment.ts. */
  #withPort(options: ServeOptions): ServeOptions {
    const [ours = 0] = this.ports;
    const isNamed = typeof options["unix"] === "string" || (options["port"] ?? null) !== null;
    // 0 says that nobody knows it yet.
    return isNamed || ours === 0 ? options : { ...options, port: ours };
  }

  /** Those of pounce. */
  get ports(): readonly number[] {
    return this.addresses.map(({ port }) => port);
  }

  /** Whether it asks for a port of ours. */
  #isOurs(options: ServeOptions): boolean {
    return asksFor(portOf(options), this.ports);
  }

  #capture(options: ServeOptions): Bun.Server<unknown> {
    // It would not be chosen, so that the program gets what it asks for at once.
    const candidate = { port: portOf(options) };
    const isPossible = this.#isOurs(options) || mayBeChosen(candidate, this.servers, this.ports);
    if (!isPossible) {
      this.#passed.push(candidate.port ?? 0);
      return listenOnOwnPort(options);
    }
    const ours = this.addresses[0] ?? NOWHERE;
    // The program may read at once where it listens, and send its own requests there.
    const port = this.#takesAnyPort(candidate) ? freePort(ours.host) : ours.port;
    const server = new CapturedServer(options, { host: ours.host, port }, this.isSecure);
    this.#captured.push(server);
    this.#next.resolve();
    this.#next = Promise.withResolvers();
    return server.facade;
  }
}

/** Whether Bun would start a server with these options. */
function isValid(options: ServeOptions): boolean {
  const { fetch, routes, static: old, onNodeHTTPRequest } = options;
  const port = portOf(options) ?? 0;
  const isPort = Number.isInteger(port) && port >= 0 && port <= LAST_PORT;
  return isPort && [fetch, routes, old, onNodeHTTPRequest].some((it) => it !== undefined);
}

/** A port that nobody has now: whoever takes any gets this one. */
function freePort(hostname: string): number {
  const server = nativeServe({ hostname, port: 0, fetch: () => new NativeResponse() });
  const port = server.port ?? 0;
  void server.stop(true);
  return port;
}

/** A port of ours is in use, as Bun says it, but with the reason. */
function isServed(port: number): Error {
  const message =
    `listen EADDRINUSE: port ${port} is where pounce serves this program, and it has taken what ` +
    "the program started before: have it start its server for this port first";
  return Object.assign(new Error(message), { code: "EADDRINUSE", syscall: "listen", port });
}

/** Every worker opens the port, so all of them share it. */
export function listenOnOwnPort(options: ServeOptions): Bun.Server<unknown> {
  const shared = typeof options["unix"] === "string" ? {} : { reusePort: true };
  const at = { port: portOf(options), ...shared };
  const server = nativeServe({ ...options, ...at } as Bun.Serve.Options<unknown>);
  // At the end of the program its servers do not count: see ../app/alive.ts.
  server.unref();
  return server;
}
