// The servers of a worker that listens on its addresses while no other does. After it has released
// an address, it serves what it has, and can listen again: with a new server of Bun beside the
// stopped one.
import type { TcpAddress } from "../../net/address.ts";
import { formatAddress } from "../../net/address.ts";
import { stopServer } from "../app/app-server.ts";
import { Pace } from "../closing/pace.ts";
import type { InFlight, Tracked } from "../requests/in-flight.ts";
import { NodeRequest } from "../requests/node-request.ts";
import { AppHandlers } from "../serve/app-handlers.ts";
import type { HandlerOptions } from "../serve/handler-options.ts";
import type { Servers } from "../serve/servers.ts";
import { idleSeconds } from "../serve/idle-seconds.ts";
import { Pending } from "./pending.ts";

interface Listening {
  readonly server: Bun.Server<unknown>;
  readonly address: TcpAddress;
}

export class SoloServers implements Servers {
  readonly handlers: AppHandlers;
  /** Answers requests that are still waiting when their time is up. */
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
    this.#idleSeconds = idleSeconds(keepAliveMs);
  }

  /** There is no descriptor to pass on. */
  bind(address: TcpAddress): { readonly address: TcpAddress } {
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
   * Closes the listener and idle connections. Requests in flight are answered, and their
   * connections closed then.
   */
  release(address: string): void {
    const left = this.#listening.filter((it) => formatAddress(it.address) === address);
    this.#listening = this.#listening.filter((it) => !left.includes(it));
    if (left.length > 0) this.markResponses();
    for (const { server } of left) stopServer(server);
  }

  /**
   * Requests in flight are marked when they are answered. Nothing new comes, so the routes stay as
   * they are.
   */
  markResponses(): void {
    this.handlers.marking.pace(new Pace(0, 0, performance.now()));
  }

  /** One worker serves everybody. */
  spread(): void {}

  standBy(isOn: boolean): void {
    if (isOn) this.markResponses();
    else this.handlers.marking.end();
  }

  /** Lets a request in flight live on for another keep-alive limit. */
  keepOpen(request: Tracked): void {
    // node:http has its own timers, which leave a request in flight alone.
    if (request instanceof NodeRequest) return;
    this.handlers.servers.all.at(-1)?.timeout(request, this.#idleSeconds);
  }

  /** Requests without an answer get 503 too. */
  refuseRequests(): void {
    this.handlers.marking.refuseRequests();
    const { inFlight, pastHandler, servers } = this.handlers;
    for (const waiting of inFlight.sweep()) {
      const { request } = waiting;
      if (!(request instanceof NodeRequest) || !request.isPending) continue;
      request.refuse(503);
      pastHandler.noteAnswered(waiting, 503);
    }
    for (const { request, startedMs: sinceMs } of this.#pending.refuseAll()) {
      pastHandler.noteAnswered({ request, client: servers.requestIP(request), sinceMs }, 503);
    }
  }

  stop(force: boolean): void {
    for (const { address } of this.#listening) this.release(formatAddress(address));
    if (force) for (const server of this.handlers.servers.all) stopServer(server, true);
  }

  /** Connections that we know of: those with a request, and WebSockets. */
  get connectionCount(): number {
    return this.handlers.servers.pendingRequests + this.handlers.webSockets.count;
  }

  get busyCount(): number {
    return this.connectionCount;
  }

  /** Whether no address is listened on, and no request is being answered. */
  get isDone(): boolean {
    return this.#listening.length === 0 && this.connectionCount === 0;
  }

  get addresses(): string[] {
    return this.#listening.map(({ address }) => formatAddress(address));
  }
}
