// A server that the app's program has started, with `Bun.serve` or through node:http, while it was
// loading. Nobody can connect to it: pounce's own servers, on pounce's addresses, serve what it was
// given. What the program holds meanwhile: facade.ts.
import type { Server } from "node:http";
import type { TcpAddress } from "../../net/address.ts";
import { replacedBy, type ServeOptions } from "../http/serve-options.ts";
import { listenUnseen, passOn, showAddress } from "./facade.ts";
import { nodeServerOf } from "./node-http.ts";

type BunServer = Bun.Server<unknown>;

/** Those who serve what a captured server was given. */
export interface ServedBy {
  servers(): readonly BunServer[];
  /** The program has replaced its handlers by `reload`. */
  replace(given: ServeOptions): void;
  /** The program has called `stop`. Resolves when what that ends has ended. */
  stop(force: boolean): Promise<void>;
}

/** Bun listens there if neither the program nor `PORT` names a port. */
const DEFAULT_PORT = 3000;

export class CapturedServer {
  /** What the program holds. */
  readonly facade: BunServer;
  /** The program's server of node:http, if it has started this one through it. */
  readonly nodeServer: Promise<Server | undefined> | undefined;
  #options: ServeOptions;
  #servedBy: ServedBy | undefined;
  /** What the program has replaced since `take`, while nobody served it. */
  #replaced: ServeOptions = {};
  #isStopped = false;
  /** Which server has got a request, where there are several: see `noteServer`. */
  readonly #serverOf = new WeakMap<Request, BunServer>();

  /**
   * @param shown the address to show before it is really served
   * @param isSecure whether it will be served over TLS
   */
  constructor(
    options: ServeOptions,
    readonly shown: TcpAddress,
    readonly isSecure = false,
  ) {
    this.#options = options;
    this.facade = this.listenUnseen(options);
    if (this.isOfNode) this.nodeServer = nodeServerOf(this.facade);
    else this.#passOn(this.facade);
  }

  /** A server of Bun for the program to hold, where nobody comes: its first, or one more. */
  listenUnseen(options: ServeOptions): BunServer {
    const facade = listenUnseen(options);
    // At the end of the program its servers do not count: see ../app/alive.ts.
    facade.unref();
    showAddress(facade, this.shown, this.isSecure, () => this.#servers);
    if (this.isOfNode) this.#watchStop(facade);
    return facade;
  }

  /** What it was given, with what has replaced it since. */
  get options(): ServeOptions {
    return this.#options;
  }

  /** The same, to be served: `serveBy` passes on what replaces it from now on. */
  take(): ServeOptions {
    this.#replaced = {};
    return this.#options;
  }

  /** What it was given, to really listen: if it takes any port, at the one that it shows. */
  get ownOptions(): ServeOptions {
    return this.port === 0 ? { ...this.#options, port: this.shown.port } : this.#options;
  }

  /** Whether the program has started it through node:http. */
  get isOfNode(): boolean {
    return this.#options["onNodeHTTPRequest"] !== undefined;
  }

  /** Whether it ends TLS itself. For Bun, an object in which nothing is set is none. */
  get hasTls(): boolean {
    const { tls } = this.#options;
    if (typeof tls !== "object" || tls === null) return false;
    return Object.values(tls).some((value) => value !== undefined);
  }

  /** As `portOf` gives it. */
  get port(): number | undefined {
    return portOf(this.#options);
  }

  /** Whether the program has stopped it before it was served. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** From now on it is served. */
  serveBy(servedBy: ServedBy): void {
    this.#servedBy = servedBy;
    if (Object.keys(this.#replaced).length > 0) servedBy.replace(this.#replaced);
  }

  /** Notes which of several servers has got a request: only that one can upgrade it. */
  noteServer(request: Request, server: BunServer): void {
    this.#serverOf.set(request, server);
  }

  get #servers(): readonly BunServer[] {
    return this.#servedBy?.servers() ?? [];
  }

  #watchStop(facade: BunServer): void {
    const stop = facade.stop.bind(facade);
    const value = (force = false): Promise<void> => this.#stop(force).then(() => stop(force));
    Object.defineProperty(facade, "stop", { configurable: true, writable: true, value });
  }

  #passOn(facade: BunServer): void {
    passOn(facade, {
      servers: () => this.#servers,
      upgrade: (...args) => this.#upgrade(...args),
      reload: (given) => this.#reload(given),
      stop: (force) => this.#stop(force),
    });
  }

  #upgrade(...args: Parameters<BunServer["upgrade"]>): boolean {
    const server = this.#serverOf.get(args[0]) ?? this.#servers.at(-1);
    return server?.upgrade(...args) ?? false;
  }

  #reload(given: ServeOptions): void {
    const replaced = replacedBy(given);
    this.#options = { ...this.#options, ...replaced };
    this.#replaced = { ...this.#replaced, ...replaced };
    this.#servedBy?.replace(replaced);
  }

  #stop(force: boolean): Promise<void> {
    if (this.#servedBy !== undefined) return this.#servedBy.stop(force);
    this.#isStopped = true;
    return Promise.resolve();
  }
}

/** The port that a program has asked for; 0: any; undefined: a Unix socket. */
export function portOf({ port, unix }: ServeOptions): number | undefined {
  return typeof unix === "string" ? undefined : Number(port ?? DEFAULT_PORT);
}
