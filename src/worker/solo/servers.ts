// The servers of a worker that listens on its addresses while no other does. After it has released
// an address, it serves what it has, and can listen again: with a new server of Bun beside the
// stopped one.
import type { Address } from "../../net/address.ts";
import { formatAddress } from "../../net/address.ts";
import { stopServer } from "../app/app-server.ts";
import { Pace } from "../closing/pace.ts";
import type { InFlight } from "../requests/in-flight.ts";
import { AppHandlers, type HandlerOptions } from "../serve/app-handlers.ts";
import type { Servers } from "../serve/servers.ts";
import { Pending } from "./pending.ts";

/**
 * What Bun takes in seconds: less would end what is not idle, as its timer ticks every four
 * seconds.
 */
const LEAST_IDLE_SECONDS = 8;
const MOST_IDLE_SECONDS = 255;

interface Listening {
  readonly server: Bun.Server<unknown>;
  readonly address: Address;
}

export class SoloServers implements Servers {
  readonly handlers: AppHandlers;
  /** Answers for those that are waited for when their time is up. */
  readonly #pending: Pending;
  #listening: Listening[] = [];
  readonly #idleSeconds: number;
  readonly #inFlight: InFlight;

  /** @param keepAliveMs the limit for idle connections, which is kept within what Bun can do */
  constructor(options: HandlerOptions, keepAliveMs: number) {
    this.handlers = new AppHandlers(options);
    this.#pending = new Pending(this.handlers.marking.flag);
    this.handlers.layers.unshift(this.#pending);
    this.#inFlight = this.handlers.inFlight.add();
    const seconds = Math.ceil(keepAliveMs / 1000);
    this.#idleSeconds = Math.min(Math.max(seconds, LEAST_IDLE_SECONDS), MOST_IDLE_SECONDS);
  }

  /** There is no descriptor to pass on. */
  bind(address: Address): { readonly address: Address } {
    this.handlers.marking.pace(undefined);
    const server = this.handlers.serve(address, {
      reusePort: false,
      idleTimeout: this.#idleSeconds,
      inFlight: this.#inFlight,
    });
    const real = { host: address.host, port: server.port ?? address.port };
    this.#listening.push({ server, address: real });
    return { address: real };
  }

  /**
   * Closes the listener and the connections that are idle. What is in flight is answered, and
   * closed then.
   */
  release(address: string): void {
    const left = this.#listening.filter((it) => formatAddress(it.address) === address);
    this.#listening = this.#listening.filter((it) => !left.includes(it));
    if (left.length > 0) this.markResponses();
    for (const { server } of left) stopServer(server);
  }

  /**
   * What is in flight is marked when it is answered. Nothing new comes, so the routes stay as they
   * are.
   */
  markResponses(): void {
    this.handlers.marking.pace(new Pace(0, 0, performance.now()));
  }

  /** Has a request that is in flight live on, for another keep-alive limit. */
  keepOpen(request: Request): void {
    this.handlers.servers.at(-1)?.timeout(request, this.#idleSeconds);
  }

  /** Those that have not been answered get 503 as well. */
  refuseRequests(): void {
    this.handlers.marking.refuseRequests();
    this.handlers.inFlight.sweep();
    for (const { request, startedMs } of this.#pending.refuseAll()) {
      this.handlers.noteUnavailable(request, startedMs);
    }
  }

  stop(force: boolean): void {
    for (const { address } of this.#listening) this.release(formatAddress(address));
    if (force) for (const server of this.handlers.servers) stopServer(server, true);
  }

  /** Those that are known of: with a request, or WebSockets. */
  get connectionCount(): number {
    return this.handlers.pendingRequests + this.handlers.webSockets.count;
  }

  get busyCount(): number {
    return this.connectionCount;
  }

  /** Whether nothing is listened on, and nothing is being answered. */
  get isDone(): boolean {
    return this.#listening.length === 0 && this.connectionCount === 0;
  }

  get addresses(): string[] {
    return this.#listening.map(({ address }) => formatAddress(address));
  }
}
